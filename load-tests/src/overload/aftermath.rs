//! What was found and seen beside the phases.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::bounded::BoundedMemory;
use super::capacity::Step;
use crate::drive::Driven;
use crate::verify::Findings;

/// Latencies below this are usual on any machine.
const UNREMARKABLE: Duration = Duration::from_millis(20);

/// What was found before the phases, and seen once the load had dropped.
pub(super) struct Aftermath {
    /// How the server's limit was found, and the requests under way that brought it there.
    pub(super) steps: Vec<Step>,
    pub(super) in_flight: usize,
    /// How many cores the server may use, and for which share of the time, in one.
    pub(super) cores: f64,
    pub(super) bounded: BoundedMemory,
    pub(super) pending_half_edges: f64,
    pub(super) recovery: Recovery,
    pub(super) findings: Findings,
}

/// How calm returned after the overload.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Recovery {
    /// The latency up to which it is calm again, in milliseconds.
    pub usual_latency: f64,
    /// Seconds from the drop of the load until calm for a second; none when that never came.
    pub seconds: Option<f64>,
}

impl Recovery {
    /// Looks at what was driven after the load dropped, at `dropped`; what is usual is as before the overload, at the
    /// same load.
    pub(super) fn of(dropped: Instant, before: &Driven, after: &Driven) -> Self {
        let p99 = Duration::try_from_secs_f64(before.report.latency.p99 / 1e3).unwrap_or_default();
        let usual = p99.max(UNREMARKABLE);
        let already_sent = dropped.saturating_duration_since(after.began);
        let calm = after.timeline.calm_since(already_sent, usual);
        let calm = calm.map(|since| (after.began + since).saturating_duration_since(dropped));
        Self {
            usual_latency: usual.as_secs_f64() * 1e3,
            seconds: calm.map(|calm| calm.as_secs_f64()),
        }
    }
}
