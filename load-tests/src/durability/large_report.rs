//! What a large state takes, and what that is to reach.

use std::fmt;

use serde::Serialize;

use crate::goal::{Bound, Goal};

const MEBIBYTE: f64 = 1_048_576.0;
/// Seconds that requests may be held for a cut, in all but one case of a hundred, and usually.
const LONGEST_PAUSE: f64 = 0.020;
const USUAL_PAUSE: f64 = 0.005;
/// Seconds from a cut until all is on the disk.
const LONGEST_EPOCH: f64 = 2.0;
/// Seconds from the start of a process until it takes traffic.
const LONGEST_START: f64 = 5.0;
/// Bytes of all files, times those of the state in them.
const MOST_DISK: f64 = 2.5;
/// Memory with epochs but for one table of half-edges, times that of a process which was filled and makes none.
const MOST_MEMORY: f64 = 1.15;

/// A state that is large.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LargeReport {
    /// Series at the end.
    pub series: f64,
    /// Half-edges that waited at the end.
    pub pending_half_edges: f64,
    /// Half-edges that wait after the process was killed and started again.
    pub restored_half_edges: f64,
    /// Epochs that were made under traffic.
    pub epochs: usize,
    /// Cuts that were due meanwhile and could not be made at once.
    pub cuts_missed: f64,
    /// Epochs that could not be written.
    pub epochs_failed: f64,
    /// How long requests were held for cuts, in seconds.
    pub pause: Spread,
    /// How long epochs took from the cut until they were on the disk, in seconds.
    pub keep: Spread,
    /// How long processes took to end and to begin.
    pub restarts: Restarts,
    /// What the state takes on the disk.
    pub disk: DiskUse,
    /// What the server held.
    pub memory: MemoryUse,
}

/// How numbers are spread; nothing is a number when there are none.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// Half are not above.
    pub p50: f64,
    /// 99 % are not above.
    pub p99: f64,
    /// The most.
    pub most: f64,
}

/// Seconds of ends and beginnings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Restarts {
    /// From SIGTERM until the process was gone.
    pub stop: f64,
    /// From the start after that until the server was ready.
    pub start_after_stop: f64,
    /// From the start after SIGKILL until the server was ready.
    pub start_after_kill: f64,
}

/// Bytes on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DiskUse {
    /// Series and halves in one whole epoch into an empty folder.
    pub whole_epoch_bytes: u64,
    /// Series and halves as of the last epoch.
    pub state_bytes: u64,
    /// All files, looked at again and again while epochs were made.
    pub all_files: Spread,
}

/// Resident memory in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct MemoryUse {
    /// With all series, before half-edges waited.
    pub without_halves_bytes: u64,
    /// With everything, in the process that was filled with it, before its only epoch.
    pub filled_bytes: u64,
    /// The most while another process read all that from the disk.
    pub most_while_starting_bytes: u64,
    /// With everything, when that process was ready and had made no epoch.
    pub started_bytes: u64,
    /// The most of that process while epochs were made.
    pub most_bytes: u64,
}

impl LargeReport {
    /// What is to be reached.
    pub(super) fn goals(&self) -> Vec<Goal> {
        let at_most = |what: &str, measured, limit| Goal::new(what, measured, Bound::AtMost(limit));
        let held = "milliseconds that requests are held for a cut";
        vec![
            at_most(
                &format!("{held}, 99th percentile"),
                self.pause.p99 * 1e3,
                LONGEST_PAUSE * 1e3,
            ),
            at_most(
                &format!("{held}, median"),
                self.pause.p50 * 1e3,
                USUAL_PAUSE * 1e3,
            ),
            at_most("seconds of the longest epoch", self.keep.most, LONGEST_EPOCH),
            at_most("epochs that failed", self.epochs_failed, 0.0),
            at_most(
                "seconds from start to ready after SIGTERM",
                self.restarts.start_after_stop,
                LONGEST_START,
            ),
            at_most(
                "seconds from start to ready after SIGKILL",
                self.restarts.start_after_kill,
                LONGEST_START,
            ),
            at_most(
                "bytes on the disk at most, times the state",
                self.disk.ratio(),
                MOST_DISK,
            ),
            at_most(
                "memory with epochs less one table of halves, times that of a filled process without",
                self.memory.ratio(),
                MOST_MEMORY,
            ),
        ]
    }
}

impl Spread {
    /// Of these numbers.
    #[must_use]
    pub fn of(numbers: &[f64]) -> Self {
        let mut sorted = numbers.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |share: usize| {
            let rank = (sorted.len() * share).div_ceil(100).max(1);
            sorted.get(rank - 1).copied().unwrap_or(f64::NAN)
        };
        Self {
            p50: at(50),
            p99: at(99),
            most: at(100),
        }
    }
}

impl DiskUse {
    /// The most that all files had, over the state in them.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        self.all_files.most / self.state_bytes as f64
    }
}

impl MemoryUse {
    /// What half-edges took as they came.
    fn halves_bytes(&self) -> f64 {
        self.filled_bytes as f64 - self.without_halves_bytes as f64
    }

    /// The most with epochs, of which one table of half-edges is free, over what a process held that was filled with the same
    /// and made none.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        (self.most_bytes as f64 - self.halves_bytes()) / self.filled_bytes as f64
    }
}

impl fmt::Display for LargeReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "{:.0} series, {:.0} halves wait ({:.0} after the kill); {} epochs, {} cuts missed, {} epochs failed",
            self.series,
            self.pending_half_edges,
            self.restored_half_edges,
            self.epochs,
            self.cuts_missed,
            self.epochs_failed
        )?;
        for (name, spread) in [("requests held", &self.pause), ("epochs", &self.keep)] {
            writeln!(
                out,
                "{name:<14} median {:>8.1} ms   p99 {:>8.1} ms   longest {:>8.1} ms",
                spread.p50 * 1e3,
                spread.p99 * 1e3,
                spread.most * 1e3
            )?;
        }
        writeln!(
            out,
            "stop {:.2} s; start after it {:.2} s, after a kill {:.2} s",
            self.restarts.stop, self.restarts.start_after_stop, self.restarts.start_after_kill
        )?;
        write!(out, "{}{}", self.disk, self.memory)
    }
}

impl fmt::Display for DiskUse {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "disk: a whole epoch {:.1} MiB, state at the end {:.1} MiB; all files usually {:.1} MiB, at most {:.1} MiB",
            self.whole_epoch_bytes as f64 / MEBIBYTE,
            self.state_bytes as f64 / MEBIBYTE,
            self.all_files.p50 / MEBIBYTE,
            self.all_files.most / MEBIBYTE
        )
    }
}

impl fmt::Display for MemoryUse {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "RSS: filled {:.0} MiB, {:.0} of that for halves; read from the disk {:.0} MiB, {:.0} meanwhile; most with epochs {:.0} MiB",
            self.filled_bytes as f64 / MEBIBYTE,
            self.halves_bytes() / MEBIBYTE,
            self.started_bytes as f64 / MEBIBYTE,
            self.most_while_starting_bytes as f64 / MEBIBYTE,
            self.most_bytes as f64 / MEBIBYTE
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_numbers_that_were_measured() {
        let numbers: Vec<_> = (1..=200).rev().map(f64::from).collect();
        let spread = Spread::of(&numbers);
        assert_eq!((spread.p50, spread.p99, spread.most), (100.0, 198.0, 200.0));
        assert_eq!(Spread::of(&[3.0]).p99, 3.0);
        assert!(Spread::of(&[]).p50.is_nan());
    }

    #[test]
    fn one_table_of_half_edges_is_free_for_memory() {
        let memory = MemoryUse {
            without_halves_bytes: 600,
            filled_bytes: 1_000,
            most_while_starting_bytes: 2_000,
            started_bytes: 1_200,
            most_bytes: 1_520,
        };
        assert_eq!(memory.ratio(), 1.12);
    }
}
