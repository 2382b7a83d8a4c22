//! The figures of collections, and what they are to reach.

use std::fmt;

use serde::Serialize;

use super::arrivals::Arrivals;
use super::windows::Parted;
use crate::drive::Percentiles;
use crate::goal::{Bound, Goal, GoalLines};
use crate::process::Usage;

const MEBIBYTE: f64 = 1_048_576.0;

/// Everything that one call measured.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CollectReport {
    /// Distinct series.
    pub series: usize,
    /// Collections that came whole.
    pub collections: usize,
    /// The most samples of one collection.
    pub samples_per_collection: u64,
    /// Collections while nothing was ingested.
    pub at_rest: AtRest,
    /// What the server held.
    pub memory: Memory,
    /// Ingestion's answers while no collection ran, in milliseconds from when they were due.
    pub latency_between: Percentiles,
    /// Ingestion's answers while one ran.
    pub latency_during: Percentiles,
    /// The 99th percentile that half of the collections do not exceed, in milliseconds.
    pub usual_p99_during: f64,
    /// The same of spells without a collection that are as many and as long.
    pub usual_p99_between: f64,
    /// How many answers were given while a collection ran.
    pub answers_during: usize,
    /// Requests that were not accepted meanwhile.
    pub refused_requests: u64,
    /// Samples that should have come and did not.
    pub missing_samples: u64,
    /// Samples that came not later than the one of their series before.
    pub out_of_order_samples: u64,
    /// What these are to reach.
    pub goals: Vec<Goal>,
}

/// What collecting costs when there is nothing else to do: from the tick to the endpoint's answers.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct AtRest {
    /// CPU seconds for a million samples in the server's own code.
    pub user_seconds_per_million: f64,
    /// CPU seconds for a million samples in the kernel.
    pub system_seconds_per_million: f64,
    /// Compressed bytes of a sample.
    pub bytes_per_sample: f64,
}

/// What the server held, in bytes.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Memory {
    /// With all series, in a server that collects nothing.
    pub without_collections_bytes: u64,
    /// The most with collections and ingestion.
    pub peak_bytes: u64,
}

impl CollectReport {
    /// What is known from `arrivals`, `parted` and `memory`; the rest is empty.
    pub(super) fn new(arrivals: &Arrivals, parted: &Parted, memory: Memory) -> Self {
        let collections = arrivals.complete_collections();
        Self {
            series: arrivals.series(),
            collections: collections.len(),
            samples_per_collection: collections.iter().map(|each| each.samples).max().unwrap_or(0),
            memory,
            latency_between: parted.between.latency,
            latency_during: parted.during.latency,
            usual_p99_during: parted.usual_p99_during,
            usual_p99_between: parted.usual_p99_between,
            answers_during: parted.during.count,
            missing_samples: arrivals.missing(),
            out_of_order_samples: arrivals.out_of_order(),
            ..Self::default()
        }
    }
}

impl AtRest {
    /// The costs of `samples` samples that took `usage` and became `bytes` bytes.
    pub(super) fn new(usage: &Usage, samples: u64, bytes: usize) -> Self {
        let samples = samples as f64;
        Self {
            user_seconds_per_million: usage.user_seconds * 1e6 / samples,
            system_seconds_per_million: usage.system_seconds * 1e6 / samples,
            bytes_per_sample: bytes as f64 / samples,
        }
    }

    /// CPU seconds for a million samples.
    #[must_use]
    pub fn cpu_seconds_per_million(&self) -> f64 {
        self.user_seconds_per_million + self.system_seconds_per_million
    }
}

impl Memory {
    /// What collections and ingestion add, in MiB.
    fn added_mebibytes(&self) -> f64 {
        (self.peak_bytes as f64 - self.without_collections_bytes as f64) / MEBIBYTE
    }
}

/// What `report` is to reach.
pub(super) fn goals(report: &CollectReport) -> Vec<Goal> {
    let at_most = |what: &str, measured: f64, limit| Goal::new(what, measured, Bound::AtMost(limit));
    let rise = if report.answers_during == 0 {
        f64::NAN
    } else {
        report.latency_during.p99 - report.latency_between.p99
    };
    vec![
        at_most(
            "CPU seconds for a million samples",
            report.at_rest.cpu_seconds_per_million(),
            0.5,
        ),
        at_most(
            "rise of ingestion's p99 while one runs, in milliseconds",
            rise,
            20.0,
        ),
        at_most("samples that are missing", report.missing_samples as f64, 0.0),
        at_most("samples out of order", report.out_of_order_samples as f64, 0.0),
    ]
}

impl fmt::Display for CollectReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "{} collections of {} samples, {} series, {:.1} bytes a sample",
            self.collections, self.samples_per_collection, self.series, self.at_rest.bytes_per_sample
        )?;
        writeln!(
            out,
            "CPU seconds for a million samples: {:.2} user, {:.2} kernel",
            self.at_rest.user_seconds_per_million, self.at_rest.system_seconds_per_million
        )?;
        writeln!(
            out,
            "RSS: {:.0} MiB without collections, {:.0} MiB more at most with them",
            self.memory.without_collections_bytes as f64 / MEBIBYTE,
            self.memory.added_mebibytes()
        )?;
        for (name, latency) in [
            ("between", &self.latency_between),
            ("during", &self.latency_during),
        ] {
            writeln!(
                out,
                "answers {name:<8} p50 {:>8.2} ms   p99 {:>8.2} ms   longest {:>8.2} ms",
                latency.p50, latency.p99, latency.max
            )?;
        }
        writeln!(
            out,
            "answers during the median collection: p99 {:.2} ms, in as long a spell without one {:.2} ms",
            self.usual_p99_during, self.usual_p99_between
        )?;
        writeln!(
            out,
            "answers during a collection: {}; refused: {}",
            self.answers_during, self.refused_requests
        )?;
        write!(out, "{}", GoalLines(&self.goals))
    }
}
