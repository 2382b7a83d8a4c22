//! The log lines of a writer, each at most once a minute; refusals of histograms never silence those of samples.

use super::metrics::DropReason;
use super::refusal_log::LineLimit;
use super::request::Group;

/// The log lines that an endpoint could otherwise bring up for every request.
#[derive(Debug, Default)]
pub(super) struct Lines {
    refused: LineLimit,
    histograms_refused: LineLimit,
    seeds_given_up: LineLimit,
    retried: LineLimit,
    histograms_retried: LineLimit,
    unfit: LineLimit,
    queue_full: LineLimit,
    too_old: LineLimit,
    shutdown: LineLimit,
    writer_busy: LineLimit,
}

impl Lines {
    /// The line about requests of `group` that are tried again.
    pub(super) fn retried(&mut self, group: Group) -> &mut LineLimit {
        match group {
            Group::Seeds | Group::Values => &mut self.retried,
            Group::NativeHistograms => &mut self.histograms_retried,
        }
    }

    /// The line about requests of `group` that were refused and lost.
    pub(super) fn refused(&mut self, group: Group) -> &mut LineLimit {
        match group {
            Group::Seeds | Group::Values => &mut self.refused,
            Group::NativeHistograms => &mut self.histograms_refused,
        }
    }

    /// The line about seeds that an endpoint fails at.
    pub(super) fn seeds_given_up(&mut self) -> &mut LineLimit {
        &mut self.seeds_given_up
    }

    /// The line about series that relabelling made unfit for any store.
    pub(super) fn unfit(&mut self) -> &mut LineLimit {
        &mut self.unfit
    }

    /// The line about what was dropped for `reason` before it was sent.
    pub(super) fn dropped(&mut self, reason: DropReason) -> &mut LineLimit {
        match reason {
            DropReason::QueueFull => &mut self.queue_full,
            DropReason::TooOld => &mut self.too_old,
            DropReason::Shutdown => &mut self.shutdown,
            DropReason::WriterBusy => &mut self.writer_busy,
        }
    }
}
