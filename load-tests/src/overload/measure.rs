//! Drives a server at full load, at half of it, at twice of it, and at half again.

use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use serde_json::{Value, json};

use super::bounded::bounded_memory;
use super::options::{Load, OverloadOptions};
use super::report::{Aftermath, OverloadReport, Phase, Recovery};
use crate::drive::{Driven, Limits, Target, drive};
use crate::process::{Server, ServerOptions, Usage, allowed_cores, lay_over, pin_process};
use crate::traffic::{Round, Template};
use crate::verify::check_drives;

/// How long halves wait unless told otherwise, in seconds: what holds server or sender up for longer parts halves that
/// belong together, and counts are not the model's any more.
const WAIT_SECONDS: u32 = 10;

/// A running server and what is sent to it.
pub(super) struct Subject {
    server: Server,
    round: Arc<Round>,
    target: Target,
    seed: u64,
    connections: usize,
}

/// One phase of the measurement.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    name: &'static str,
    /// Spans a second; without it flat out.
    rate: Option<f64>,
    seconds: f64,
    /// Requests under way at a time; without it, one on each connection.
    in_flight: Option<usize>,
    /// Differs from that of every other phase, so that no ids are shared.
    seed: u64,
}

/// Overloads a server that is started for it.
///
/// # Errors
/// When the server cannot be started or reached, or takes nothing.
pub async fn overload(options: &OverloadOptions) -> anyhow::Result<OverloadReport> {
    let mut server = options.server.clone();
    let wait = *server.wait.get_or_insert(WAIT_SECONDS);
    let subject = Subject::start(options, server).await?;
    let load = &options.load;
    let full = subject.run(full_load(load)).await?;
    let capacity = full.0.report.spans_per_second();
    ensure!(capacity > 0.0, "the server took nothing: {:?}", full.0.report);
    let half = half_load(load, capacity);
    let before = subject.run(half).await?;
    let (beyond, after) = tokio::join!(subject.run(beyond_load(load, capacity)), async {
        tokio::time::sleep(seconds(load.overload_seconds)).await;
        let usage = Usage::of(subject.server.pid())?;
        let pending = subject.pending_half_edges().await?;
        // What is not yet answered when the load drops is a part of what the server must recover from.
        let again = Plan {
            name: "half again",
            seed: 3,
            ..half
        };
        anyhow::Ok((subject.run(again).await?, usage, pending))
    });
    let (mut beyond, (after, dropped_usage, pending)) = (beyond?, after?);
    // The senders of the last phase connect while the others still do; that is not the overload's.
    beyond.1.set_peak(&dropped_usage);
    let dropped = beyond.0.began + seconds(load.overload_seconds);
    let recovery = Recovery::of(dropped, &before.0, &after.0);
    let (drives, phases): (Vec<_>, Vec<_>) = [full, before, beyond, after].into_iter().unzip();
    let drives: Vec<_> = drives.iter().collect();
    let findings = check_drives(subject.server.pages(), &subject.round, &drives, wait).await?;
    drop(subject);
    let aftermath = Aftermath {
        bounded: bounded_memory(options).await?,
        pending_half_edges: pending,
        recovery,
        findings,
    };
    Ok(OverloadReport::new(options, phases, aftermath))
}

/// As much as the server takes.
pub(super) fn full_load(load: &Load) -> Plan {
    Plan {
        name: "full load",
        rate: None,
        seconds: load.full_seconds,
        in_flight: Some(load.full_in_flight),
        seed: 0,
    }
}

fn half_load(load: &Load, capacity: f64) -> Plan {
    Plan {
        name: "half of it",
        rate: Some(capacity / 2.0),
        seconds: load.half_seconds,
        in_flight: Some(load.full_in_flight),
        seed: 1,
    }
}

/// More than the `capacity`, in spans a second.
pub(super) fn beyond_load(load: &Load, capacity: f64) -> Plan {
    Plan {
        name: "overload",
        rate: Some(capacity * load.factor),
        seconds: load.overload_seconds,
        in_flight: None,
        seed: 2,
    }
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
        server.settings = Some(with_gate(&options.load, &round, server.settings.as_ref()));
        let server = Server::start(&server).await?;
        let mut target = options.target.clone();
        server.receiver(target.transport).clone_into(&mut target.endpoint);
        Ok(Self {
            server,
            round,
            target,
            seed: options.shape.seed,
            connections: options.load.connections,
        })
    }

    /// Halves that wait for their other one, which may have been refused.
    async fn pending_half_edges(&self) -> anyhow::Result<f64> {
        Ok(self
            .server
            .own_metrics()
            .await?
            .sum("spangraph_pending_half_edges"))
    }

    /// Halves that found no room to wait.
    pub(super) async fn dropped_half_edges(&self) -> anyhow::Result<f64> {
        let by_outcome = self
            .server
            .own_metrics()
            .await?
            .sum_by("spangraph_half_edges_total", ["outcome"]);
        Ok(by_outcome
            .get(&["dropped_full".to_owned()])
            .copied()
            .unwrap_or_default())
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
        let before = Usage::of(self.server.pid())?;
        let seed = self.seed.wrapping_add(plan.seed);
        let driven = drive(&self.round, &self.target, &limits, seed).await?;
        let usage = Usage::of(self.server.pid())?.since(&before);
        let phase = Phase::new(plan.name, plan.rate, &driven.report, &usage);
        Ok((driven, phase))
    }
}

/// Settings of a server whose gate has room for what is under way at full load and one request more, which may be
/// answered but not yet applied; `over` are laid over them.
fn with_gate(load: &Load, round: &Round, over: Option<&Value>) -> Value {
    let largest = round.templates().map(Template::len).max().unwrap_or_default();
    let room = largest * (load.full_in_flight + 1);
    let mut settings = json!({ "spangraph": { "admission": { "max_bytes": room } } });
    if let Some(over) = over {
        lay_over(&mut settings, over);
    }
    settings
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::Shape;

    fn load() -> Load {
        Load {
            connections: 8,
            full_in_flight: 2,
            full_seconds: 1.0,
            overload_seconds: 1.0,
            half_seconds: 1.0,
            factor: 2.0,
        }
    }

    #[test]
    fn the_gate_has_room_for_full_load_and_one_request_more_unless_settings_say_otherwise() {
        let shape = Shape {
            services: 3,
            ..Shape::default()
        };
        let round = Round::new(&shape).unwrap();
        let load = load();
        let room = |over: Option<&Value>| {
            let settings = with_gate(&load, &round, over);
            settings["spangraph"]["admission"]["max_bytes"].as_u64().unwrap()
        };
        let largest = round.templates().map(|template| template.len() as u64).max();
        assert_eq!(Some(room(None)), largest.map(|bytes| 3 * bytes));
        let over = json!({ "spangraph": { "admission": { "max_bytes": 7 } } });
        assert_eq!(room(Some(&over)), 7);
    }

    #[test]
    fn phases_share_no_ids_and_only_the_overload_sends_more_than_the_gate_takes() {
        let load = load();
        let (full, half, beyond) = (
            full_load(&load),
            half_load(&load, 100.0),
            beyond_load(&load, 100.0),
        );
        assert!(full.seed != half.seed && half.seed != beyond.seed && full.seed != beyond.seed);
        assert_eq!(
            (full.rate, half.rate, beyond.rate),
            (None, Some(50.0), Some(200.0))
        );
        assert_eq!(
            (full.in_flight, half.in_flight, beyond.in_flight),
            (Some(2), Some(2), None)
        );
    }
}
