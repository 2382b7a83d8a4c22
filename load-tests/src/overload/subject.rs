//! A server that is driven phase by phase, and what is sent to it.

use std::sync::Arc;

use serde_json::{Value, json};

use super::options::OverloadOptions;
use super::phase::Phase;
use super::plan::Plan;
use crate::drive::{Driven, Limits, Target, drive};
use crate::process::{Server, ServerOptions, Throttle, Usage, allowed_cores, lay_over, pin_process};
use crate::traffic::{Round, Template};
use crate::verify::{Findings, check_drives};

/// What the gate counts for a request beside its body.
const OPEN_REQUEST_BYTES: usize = 8 * 1024;

/// A running server and what is sent to it.
pub(super) struct Subject {
    /// Let go before the server is, which must not stay stopped.
    _throttle: Throttle,
    server: Server,
    round: Arc<Round>,
    target: Target,
    seed: u64,
    connections: usize,
    /// How many cores the server may use, and for which share of the time, in one.
    cores: f64,
}

impl Subject {
    /// The server has the first core and the sender the others; where there is only one, they share it.
    pub(super) async fn start(options: &OverloadOptions, mut server: ServerOptions) -> anyhow::Result<Self> {
        let allowed = allowed_cores()?;
        if server.server_cores.is_empty() {
            server.server_cores.extend(allowed.first());
        }
        let is_free = |core: &usize| !server.server_cores.contains(core);
        let free: Vec<_> = allowed.into_iter().filter(is_free).collect();
        if !free.is_empty() {
            pin_process(std::process::id(), &free)?;
        }
        let round = Arc::new(Round::new(&options.shape)?);
        server.settings = Some(with_gate(options.load.room, &round, server.settings.as_ref()));
        let cores = server.server_cores.len().max(1) as f64 * options.load.server_share;
        let server = Server::start(&server).await?;
        let mut target = options.target.clone();
        server.receiver(target.transport).clone_into(&mut target.endpoint);
        Ok(Self {
            _throttle: Throttle::start(server.pid(), options.load.server_share)?,
            server,
            round,
            target,
            seed: options.shape.seed,
            connections: options.load.connections,
            cores,
        })
    }

    /// How many cores the server may use, and for which share of the time, in one.
    pub(super) fn cores(&self) -> f64 {
        self.cores
    }

    /// What the server has used since its start.
    pub(super) fn usage(&self) -> anyhow::Result<Usage> {
        Usage::of(self.server.pid())
    }

    /// What of the server's counts is not as the model says of everything in `drives` that was accepted; halves wait for
    /// `wait` seconds.
    pub(super) async fn check(&self, drives: &[&Driven], wait: u32) -> anyhow::Result<Findings> {
        check_drives(self.server.pages(), &self.round, drives, wait).await
    }

    /// Halves that wait for their other one, which may have been refused.
    pub(super) async fn pending_half_edges(&self) -> anyhow::Result<f64> {
        Ok(self
            .server
            .own_metrics()
            .await?
            .sum("spangraph_pending_half_edges", &[]))
    }

    /// Halves that found no room to wait.
    pub(super) async fn dropped_half_edges(&self) -> anyhow::Result<f64> {
        let metrics = self.server.own_metrics().await?;
        Ok(metrics.sum("spangraph_half_edges_total", &[("outcome", "dropped_full")]))
    }

    /// Drives one phase.
    pub(super) async fn run(&self, plan: Plan) -> anyhow::Result<(Driven, Phase)> {
        let limits = Limits {
            spans: u64::MAX,
            seconds: plan.seconds,
            rate: plan.rate,
            connections: self.connections,
            in_flight: plan.in_flight,
            late_by: 0.0,
        };
        let before = self.usage()?;
        let seed = self.seed.wrapping_add(plan.seed);
        let driven = drive(&self.round, &self.target, &limits, seed).await?;
        let usage = self.usage()?.since(&before);
        let phase = Phase::new(plan.name, plan.rate, &driven.report, &usage);
        Ok((driven, phase))
    }
}

/// Settings of a server whose gate has room for so many requests under way and one more, which may be answered but not yet
/// applied; `over` are laid over them.
fn with_gate(in_flight: usize, round: &Round, over: Option<&Value>) -> Value {
    let largest = round.templates().map(Template::len).max().unwrap_or_default();
    let room = (largest + OPEN_REQUEST_BYTES) * (in_flight + 1);
    let mut settings = json!({ "spangraph": { "admission": { "max_bytes": room } } });
    if let Some(over) = over {
        lay_over(&mut settings, over);
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::Shape;

    #[test]
    fn the_gate_has_room_for_what_is_under_way_and_one_request_more_unless_settings_say_otherwise() {
        let shape = Shape {
            services: 3,
            ..Shape::default()
        };
        let round = Round::new(&shape).unwrap();
        let room = |over: Option<&Value>| {
            let settings = with_gate(2, &round, over);
            settings["spangraph"]["admission"]["max_bytes"].as_u64().unwrap()
        };
        let largest = round.templates().map(|template| template.len() as u64).max();
        assert_eq!(
            OPEN_REQUEST_BYTES,
            spangraph_actors::admission::OPEN_REQUEST_BYTES
        );
        let open = OPEN_REQUEST_BYTES as u64;
        assert_eq!(Some(room(None)), largest.map(|bytes| 3 * (bytes + open)));
        let over = json!({ "spangraph": { "admission": { "max_bytes": 7 } } });
        assert_eq!(room(Some(&over)), 7);
    }
}
