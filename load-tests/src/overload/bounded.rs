//! Memory at overload, of a server that lets no more half-edges wait than it does by default.
//!
//! The exact check needs room for every half. But when a request is refused, the other halves of its calls wait in vain,
//! and `max_items` is what bounds the memory that they take.

use anyhow::ensure;
use serde::Serialize;
use serde_json::json;

use super::options::OverloadOptions;
use super::plan::{beyond_load, full_load};
use super::subject::Subject;
use crate::process::{ServerOptions, lay_over};

/// How many half-edges may wait by default.
const DEFAULT_MAX_ITEMS: u64 = 10_000;

/// What was seen of a server with the default bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct BoundedMemory {
    /// How many half-edges could wait.
    pub max_items: u64,
    /// The most memory at full load, in MiB.
    pub full_load_rss_mib: f64,
    /// The most memory at overload, in MiB.
    pub overload_rss_mib: f64,
    /// What was offered at overload, over what was accepted at full load.
    pub offered: f64,
    /// Half-edges that found no room to wait.
    pub dropped_half_edges: f64,
}

impl BoundedMemory {
    /// Memory at overload over that at full load.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        self.overload_rss_mib / self.full_load_rss_mib
    }
}

/// Drives such a server at full load, with `in_flight` requests under way, and then beyond.
///
/// # Errors
/// When it cannot be started or reached, or takes nothing.
pub(super) async fn bounded_memory(
    options: &OverloadOptions,
    in_flight: usize,
) -> anyhow::Result<BoundedMemory> {
    let subject = Subject::start(options, bounded(&options.server)).await?;
    let (_, full) = subject.run(full_load(&options.load, in_flight)).await?;
    let capacity = full.accepted_spans_per_second;
    ensure!(capacity > 0.0, "the server took nothing: {:?}", full.report);
    let (_, beyond) = subject.run(beyond_load(&options.load, capacity)).await?;
    Ok(BoundedMemory {
        max_items: DEFAULT_MAX_ITEMS,
        full_load_rss_mib: full.peak_rss_mib,
        overload_rss_mib: beyond.peak_rss_mib,
        offered: beyond.offered_spans_per_second / capacity,
        dropped_half_edges: subject.dropped_half_edges().await?,
    })
}

fn bounded(server: &ServerOptions) -> ServerOptions {
    let service_graphs = json!({ "service_graphs": { "max_items": DEFAULT_MAX_ITEMS } });
    let mut settings = json!({ "metrics_generator": { "processor": service_graphs } });
    if let Some(over) = &server.settings {
        lay_over(&mut settings, over);
    }
    ServerOptions {
        settings: Some(settings),
        ..server.clone()
    }
}
