//! What all writers of the process have sent and lost together, to be read without asking any of them.

use prometheus_client::metrics::counter::Counter;

use crate::writer::counts::Counts;

/// Counts over all endpoints since the start: samples, exemplars and native histograms, without seeds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeliveryTotals {
    /// Taken by an endpoint.
    pub sent: u64,
    /// Refused by an endpoint for good.
    pub failed: u64,
    /// Dropped before they were sent.
    pub dropped: u64,
    /// To be sent again, each time.
    pub retried: u64,
}

/// The counters behind [`DeliveryTotals`]; clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct TotalCounters {
    pub(super) sent: Counter,
    pub(super) failed: Counter,
    pub(super) dropped: Counter,
    pub(super) retried: Counter,
}

impl TotalCounters {
    pub(super) fn read(&self) -> DeliveryTotals {
        DeliveryTotals {
            sent: self.sent.get(),
            failed: self.failed.get(),
            dropped: self.dropped.get(),
            retried: self.retried.get(),
        }
    }
}

/// What counts of `counts`: all but the seeds, whose refusal is expected.
pub(super) fn counted(counts: Counts) -> u64 {
    counts.total().saturating_sub(counts.seeds)
}
