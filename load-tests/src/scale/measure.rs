//! Starts a server for both ends of what is scaled, and measures them in turns.

use std::collections::BTreeSet;

use serde_json::json;
use spangraph_test_support::exposition;

use super::ends::{End, ends};
use super::options::{Axis, ScaleOptions};
use super::report::{AxisCost, EndCost, Reached, ScaleReport};
use crate::drive::get;
use crate::process::{Server, ServerOptions, lay_over};
use crate::stand::Stand;

const SERIES: &str = "spangraph_active_series";

/// Measures growth.
///
/// # Errors
/// When a server cannot be started or reached, or does not take what it is sent.
pub async fn scale(options: &ScaleOptions) -> anyhow::Result<ScaleReport> {
    let mut axes = Vec::new();
    for axis in &options.axes {
        axes.push(measure(*axis, options).await?);
    }
    Ok(ScaleReport::new(axes))
}

async fn measure(axis: Axis, options: &ScaleOptions) -> anyhow::Result<AxisCost> {
    let [start, end] = ends(axis, options)?;
    let mut start = Subject::warmed_up(axis, start, options).await?;
    let mut end = Subject::warmed_up(axis, end, options).await?;
    for _ in 0..options.repeat {
        start.take_turn(options.spans).await?;
        end.take_turn(options.spans).await?;
    }
    Ok(AxisCost {
        axis,
        start: start.finish(axis).await?,
        end: end.finish(axis).await?,
    })
}

/// A server at one end.
struct Subject {
    end: End,
    stand: Stand,
    cost: EndCost,
}

impl Subject {
    /// What is measured later is not the birth of series and tenants: all are seen twice before.
    async fn warmed_up(axis: Axis, end: End, options: &ScaleOptions) -> anyhow::Result<Self> {
        let mut stand = Stand::start(&server(axis, &options.server), options.seed).await?;
        let spans = 2 * end.rounds_to_see_all * end.round.spans();
        stand.send(&end.round, spans).await?;
        Ok(Self {
            cost: EndCost::of(&end.round),
            end,
            stand,
        })
    }

    async fn take_turn(&mut self, spans: u64) -> anyhow::Result<()> {
        let before = self.stand.usage().await?;
        let sent = self.stand.send(&self.end.round, spans).await?;
        let usage = self.stand.usage().await?.since(&before);
        self.cost.note_turn(usage.cpu_seconds(), &sent);
        Ok(())
    }

    async fn finish(self, axis: Axis) -> anyhow::Result<EndCost> {
        Ok(EndCost {
            rss_bytes: self.stand.usage().await?.rss_bytes,
            reached: reached(axis, &self.stand).await?,
            ..self.cost
        })
    }
}

fn server(axis: Axis, options: &ServerOptions) -> ServerOptions {
    let mut settings = json!({ "multitenancy_enabled": axis == Axis::Tenants });
    if let Some(over) = &options.settings {
        lay_over(&mut settings, over);
    }
    ServerOptions {
        settings: Some(settings),
        ..options.clone()
    }
}

async fn reached(axis: Axis, stand: &Stand) -> anyhow::Result<Reached> {
    let metrics = stand.own_metrics().await?;
    let by_tenant = metrics.sum_by_label(SERIES, "tenant");
    let services = match axis {
        Axis::Tenants => None,
        Axis::Services | Axis::Series => Some(services(stand.server()).await?),
    };
    Ok(Reached {
        services,
        series: by_tenant.values().sum(),
        tenants: by_tenant.values().filter(|series| **series > 0.0).count(),
    })
}

/// How many services the calls are of.
async fn services(server: &Server) -> anyhow::Result<usize> {
    let text = get(server.pages(), "/metrics/generated").await?;
    let mut services = BTreeSet::new();
    for sample in exposition::samples(&text) {
        let sample = sample?;
        if sample.name == "traces_spanmetrics_calls_total" {
            services.extend(sample.labels.get("service").cloned());
        }
    }
    Ok(services.len())
}
