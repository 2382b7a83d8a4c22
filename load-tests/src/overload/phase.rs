//! What one phase of the measurement showed.

use serde::Serialize;

use crate::drive::DriveReport;
use crate::process::Usage;

/// One phase.
#[derive(Clone, Debug, Serialize)]
pub struct Phase {
    /// Which.
    pub name: &'static str,
    /// Spans a second that were due; none when it was flat out.
    pub rate: Option<f64>,
    /// Spans a second that were sent and answered.
    pub offered_spans_per_second: f64,
    /// Spans a second that were accepted.
    pub accepted_spans_per_second: f64,
    /// What was answered.
    pub report: DriveReport,
    /// CPU seconds of the server.
    pub server_cpu_seconds: f64,
    /// The most memory that the server ever held until the end of the phase, in MiB.
    pub peak_rss_mib: f64,
}

impl Phase {
    /// The phase `name`, in which `usage` of the server gave `report`.
    pub(super) fn new(name: &'static str, rate: Option<f64>, report: &DriveReport, usage: &Usage) -> Self {
        Self {
            name,
            rate,
            offered_spans_per_second: report.offered_spans_per_second(),
            accepted_spans_per_second: report.spans_per_second(),
            report: report.clone(),
            server_cpu_seconds: usage.cpu_seconds(),
            peak_rss_mib: mebibytes(usage.peak_rss_bytes),
        }
    }

    /// CPU seconds of the server for each second.
    pub(super) fn server_cpu_share(&self) -> f64 {
        self.server_cpu_seconds / self.report.seconds.max(1e-9)
    }

    /// The share of all spans that were refused.
    pub(super) fn refused_share(&self) -> f64 {
        let offered = self.offered_spans_per_second * self.report.seconds;
        self.report.refused_spans as f64 / offered.max(1.0)
    }

    /// Corrects the most memory to what `usage` says.
    pub(super) fn set_peak(&mut self, usage: &Usage) {
        self.peak_rss_mib = mebibytes(usage.peak_rss_bytes);
    }
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
