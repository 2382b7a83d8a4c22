//! One reading: cheap numbers of one moment.

use std::time::Instant;

use spangraph_actors::admission::GateLevel;
use spangraph_actors::pipeline::PipelineTotals;
use spangraph_serving::receiver_metrics::{ReceiverMetrics, RefusalReason};

use super::process::ProcessReading;

/// The counters and gauges of one moment.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// When it was taken.
    pub at: Instant,
    /// What all tenants have together.
    pub totals: PipelineTotals,
    /// How full the gate was.
    pub gate: GateLevel,
    /// Requests refused so far, by [`RefusalReason::ALL`].
    pub refused: [u64; RefusalReason::ALL.len()],
    /// What the process uses; `None` where the system does not tell.
    pub process: Option<ProcessReading>,
}

#[cfg(test)]
impl Reading {
    /// A reading of a server that has just begun.
    pub fn zero(at: Instant) -> Self {
        Self {
            at,
            totals: PipelineTotals::default(),
            gate: GateLevel {
                requests: 0,
                bytes: 0,
                spans: 0,
            },
            refused: [0; RefusalReason::ALL.len()],
            process: None,
        }
    }
}

/// The requests that `receivers` have refused, by [`RefusalReason::ALL`].
pub fn refused(receivers: &ReceiverMetrics) -> [u64; RefusalReason::ALL.len()] {
    RefusalReason::ALL.map(|reason| receivers.refused_for(reason))
}
