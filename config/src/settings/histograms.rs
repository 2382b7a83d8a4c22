//! Which histograms there are, and how native ones grow.

use std::time::Duration;

/// Which histograms there are, and how native ones grow (SPEC §7).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HistogramSettings {
    /// Classic, native, or both of the same observations.
    pub kind: HistogramKind,
    /// A native bucket's upper bound is at most this many times its lower one; above 1.
    pub native_bucket_factor: f64,
    /// The most buckets a native histogram may have; 0 means no limit.
    pub native_max_bucket_number: usize,
    /// A native histogram with too many buckets is reset when it is at least this old, else its resolution is halved.
    pub native_min_reset_duration: Duration,
}

/// Which histograms there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HistogramKind {
    /// With fixed buckets.
    #[default]
    Classic,
    /// With exponential buckets.
    Native,
    /// Both.
    Both,
}

impl Default for HistogramSettings {
    fn default() -> Self {
        Self {
            kind: HistogramKind::Classic,
            native_bucket_factor: 1.1,
            native_max_bucket_number: 100,
            native_min_reset_duration: Duration::from_secs(15 * 60),
        }
    }
}
