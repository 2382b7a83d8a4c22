//! Starts servers, gives them much to hold, and reads their memory before and after.

use std::sync::Arc;

use anyhow::ensure;

use super::options::MemoryOptions;
use super::report::{Growth, MemoryReport, Standing};
use crate::process::ServerOptions;
use crate::stand::Stand;
use crate::traffic::{Round, Shape, every_label_set_once};

/// Half-edges wait for longer than any measurement takes.
const WAIT_SECONDS: u32 = 3_600;
/// Into how many sendings the spans are parted, of which each leaves half-edges to wait; the last may lead beyond.
const STEPS: u64 = 10;
/// Label sets that a server is warmed up with, at most.
const FEW_LABEL_SETS: usize = 1_000;
/// How often each label set is sent, so that what only a second span brings is there too.
const VISITS: u64 = 3;
const PENDING: &str = "spangraph_pending_half_edges";
const SERIES: &str = "spangraph_active_series";

/// Measures memory.
///
/// # Errors
/// When a server cannot be started or reached, or does not take what it is sent.
pub async fn memory(options: &MemoryOptions) -> anyhow::Result<MemoryReport> {
    let half_edges = half_edges(options).await?;
    let series = series(options).await?;
    Ok(MemoryReport::new(half_edges, series))
}

/// Of each call one half never comes, and the other waits.
async fn half_edges(options: &MemoryOptions) -> anyhow::Result<Growth> {
    let shape = Shape {
        seed: options.seed,
        requests_per_service: 1,
        missing: 1.0,
        ..Shape::default()
    };
    let server = ServerOptions {
        wait: Some(WAIT_SECONDS),
        ..options.server.clone()
    };
    let round = Arc::new(Round::new(&shape)?);
    let mut stand = Stand::start(&server, options.seed).await?;
    stand.send(&round, options.warm_up).await?;
    let few = standing(&stand, PENDING).await?;
    let mut many = few;
    while many.count < options.pending as f64 {
        stand.send(&round, options.pending / STEPS).await?;
        let before = std::mem::replace(&mut many, standing(&stand, PENDING).await?);
        ensure!(many.count > before.count, "no more halves wait: {many:?}");
    }
    Ok(Growth { few, many })
}

/// Every label set comes a few times; nothing is collected, so what is held is the series alone.
async fn series(options: &MemoryOptions) -> anyhow::Result<Growth> {
    let few = FEW_LABEL_SETS.min(options.label_sets / 2);
    let warm_up = Arc::new(every_label_set_once(few, options.seed)?);
    let round = Arc::new(every_label_set_once(options.label_sets, options.seed)?);
    let mut stand = Stand::start(&options.server, options.seed).await?;
    stand.send(&warm_up, options.warm_up).await?;
    let few = standing(&stand, SERIES).await?;
    stand.send(&round, round.spans() * VISITS).await?;
    let many = standing(&stand, SERIES).await?;
    Ok(Growth { few, many })
}

/// What the server holds of what `metric` counts.
async fn standing(stand: &Stand, metric: &str) -> anyhow::Result<Standing> {
    Ok(Standing {
        count: stand.own_metrics().await?.sum(metric, &[]),
        rss_bytes: stand.usage().await?.rss_bytes,
    })
}
