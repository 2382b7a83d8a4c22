//! Which histograms there are; only the overrides say so.

use super::set;
use crate::schema::overrides::{HistogramKind as WrittenKind, TenantGenerator};
use crate::schema::values::UnlessEmpty;
use crate::{HistogramKind, HistogramSettings};

/// Puts the overrides over `histograms`.
pub fn override_with(written: &TenantGenerator, histograms: &mut HistogramSettings) {
    if let Some(UnlessEmpty(Some(kind))) = written.generate_native_histograms {
        histograms.kind = match kind {
            WrittenKind::Classic => HistogramKind::Classic,
            WrittenKind::Native => HistogramKind::Native,
            WrittenKind::Both => HistogramKind::Both,
        };
    }
    set(
        &mut histograms.native_bucket_factor,
        written.native_histogram_bucket_factor,
    );
    set(
        &mut histograms.native_max_bucket_number,
        written.native_histogram_max_bucket_number,
    );
    set(
        &mut histograms.native_min_reset_duration,
        written.native_histogram_min_reset_duration,
    );
}
