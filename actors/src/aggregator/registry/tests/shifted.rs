//! A clock that is shifted: series live on, and end when they would have.

use std::time::Duration;

use spangraph_config::TenantSettings;
use spangraph_test_support::remote_write::STALE_MARKER_BITS;

use super::MINUTE;
use crate::aggregator::decoded::{decode, edges, registry};
use crate::time::TimeShift;

const HOUR: i64 = 3_600_000;
const TOTAL: &str = "traces_service_graph_request_total{client=\"a\",server=\"b\"}";

#[test]
fn a_series_ends_as_long_after_its_last_update_as_without_the_shift() {
    for by in [HOUR, -HOUR] {
        let mut settings = TenantSettings::default();
        settings.registry.stale_duration = Duration::from_secs(60);
        let mut registry = registry(&settings);
        registry.apply(&edges(&[("a", "b")]), MINUTE);
        registry.collect(MINUTE + 15_000);
        registry.shift(TimeShift::from_milliseconds(by));
        let lives = decode(&registry.collect(MINUTE + 59_999 + by));
        assert_eq!(lives.samples[TOTAL], (1.0, MINUTE + 59_999 + by));
        assert_eq!(registry.stats().keys, 1);
        let ends = decode(&registry.collect(MINUTE + 60_000 + by));
        assert_eq!(ends.samples[TOTAL].0.to_bits(), STALE_MARKER_BITS);
        assert_eq!(registry.stats().keys, 0);
    }
}

#[test]
fn a_series_that_goes_on_has_no_new_beginning() {
    for by in [HOUR, -HOUR] {
        let mut registry = registry(&TenantSettings::default());
        registry.apply(&edges(&[("a", "b")]), MINUTE);
        registry.collect(MINUTE + 15_000);
        registry.shift(TimeShift::from_milliseconds(by));
        registry.apply(&edges(&[("a", "b")]), MINUTE + 20_000 + by);
        let after = decode(&registry.collect(MINUTE + 30_000 + by));
        assert_eq!(after.samples[TOTAL], (2.0, MINUTE + 30_000 + by));
        assert!(after.seeds.is_empty());
    }
}
