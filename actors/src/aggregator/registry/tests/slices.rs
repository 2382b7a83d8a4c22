//! Collections in slices, with series updated, born and born again between them, against a model.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use spangraph_config::{HistogramKind, TenantSettings};
use spangraph_test_support::exposition::Scrape;
use spangraph_test_support::remote_write::STALE_MARKER_BITS;

use super::MINUTE;
use crate::aggregator::decoded::{Decoded, decode, edges, registry, written};
use crate::aggregator::exposition::ExpositionFormat;
use crate::aggregator::registry::Registry;
use crate::batches::Collected;

const INTERVAL: i64 = 15_000;
const STALE: Duration = Duration::from_secs(30);
const TOTAL: &str = "traces_service_graph_request_total";

/// What happens after a slice of so many samples: these edges are applied.
type Between = (usize, Vec<(u8, u8)>);

fn settings() -> TenantSettings {
    let mut settings = TenantSettings::default();
    settings.service_graphs.histogram_buckets = vec![0.2];
    settings.registry.histograms.kind = HistogramKind::Both;
    settings.registry.stale_duration = STALE;
    settings.processors.service_graphs_connection_info = true;
    settings
}

fn between() -> impl Strategy<Value = Between> {
    (1usize..40, vec((0u8..4, 0u8..3), 0..4))
}

/// The values that each counter of calls had since a collection began, by reading them before and after every slice.
#[derive(Debug, Default)]
struct Readings {
    at_begin: BTreeMap<String, f64>,
    since: BTreeMap<String, Vec<Option<f64>>>,
}

impl Readings {
    fn begin(registry: &Registry) -> Self {
        let at_begin = totals(registry);
        let mut readings = Self {
            at_begin,
            ..Self::default()
        };
        readings.read(registry);
        readings
    }

    fn read(&mut self, registry: &Registry) {
        let now = totals(registry);
        let known: BTreeSet<_> = self.since.keys().chain(now.keys()).cloned().collect();
        for identity in known {
            let value = now.get(&identity).copied();
            self.since.entry(identity).or_default().push(value);
        }
    }

    /// Checks that every counter which there was at the beginning came, and with a value that it had.
    fn check(&self, decoded: &Decoded, sent_before: &HashMap<String, bool>) {
        for (identity, values) in &self.since {
            let was_sent = sent_before.get(identity).copied().unwrap_or(false);
            match decoded.samples.get(identity).map(|(value, _)| *value) {
                Some(value) if value.to_bits() == STALE_MARKER_BITS => {
                    assert!(was_sent, "{identity} was never sent, so it does not end");
                    let before = |value: &Option<f64>| *value == self.at_begin.get(identity).copied();
                    assert!(!values.iter().all(before), "{identity} ended, and is still there");
                }
                Some(value) => assert!(values.contains(&Some(value)), "{identity}: {value} of {values:?}"),
                None => {
                    let is_gone = values.contains(&None);
                    let is_due = self.at_begin.contains_key(identity) && (was_sent || !is_gone);
                    assert!(!is_due, "{identity} is missing: {values:?}");
                }
            }
        }
    }
}

/// The counters of calls as a scrape shows them.
fn totals(registry: &Registry) -> BTreeMap<String, f64> {
    let page = registry.expose(ExpositionFormat::PrometheusText).unwrap();
    let page = Scrape::parse(&page).unwrap();
    page.select(TOTAL, &[])
        .map(|sample| {
            let labels = sample
                .labels
                .clone()
                .into_iter()
                .chain([("__name__".to_owned(), sample.name.clone())]);
            (written(labels.collect()), sample.value)
        })
        .collect()
}

fn apply(registry: &mut Registry, pairs: &[(u8, u8)], now: i64) {
    let names: Vec<_> = pairs
        .iter()
        .map(|(client, server)| (format!("c{client}"), format!("s{server}")))
        .collect();
    let named: Vec<_> = names
        .iter()
        .map(|(client, server)| (&**client, &**server))
        .collect();
    registry.apply(&edges(&named), now);
}

/// Whether everything that is sent for the first time has its beginning, and everything comes with all that belongs to it.
fn check_beginnings(decoded: &Decoded, now: i64) {
    let of_pairs = |name: &str| -> Vec<_> {
        let prefix = format!("traces_service_graph_{name}{{");
        let mut labels: Vec<_> = decoded
            .samples
            .keys()
            .filter_map(|identity| identity.strip_prefix(&prefix).map(str::to_owned))
            .collect();
        labels.sort();
        labels
    };
    let buckets = decoded
        .samples
        .keys()
        .filter(|identity| identity.contains("le="))
        .count();
    let sums = of_pairs("request_server_seconds_sum").len() + of_pairs("request_client_seconds_sum").len();
    assert_eq!(buckets, 2 * sums, "a histogram comes whole");
    for (identity, (value, time)) in &decoded.seeds {
        assert!(
            decoded.samples.contains_key(identity),
            "{identity} was begun, and its sample is missing"
        );
        assert!(*value == 0.0 && *time < now);
    }
    for identity in decoded.exemplars.keys() {
        assert!(
            decoded.samples.contains_key(identity),
            "{identity} has an exemplar, and no sample"
        );
    }
    for (identity, native) in &decoded.natives {
        let is_marker = native.sum.to_bits() == STALE_MARKER_BITS;
        let count = identity.replacen('{', "_count{", 1);
        let sample = decoded.samples.get(&count);
        assert!(
            sample.is_some_and(|(value, _)| value.is_nan() == is_marker),
            "{identity} without {count}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_series_comes_once_a_collection_with_a_value_that_it_had_meanwhile(
        rounds in vec((vec((0u8..4, 0u8..3), 0..6), vec(between(), 0..12)), 1..8),
    ) {
        let mut registry = registry(&settings());
        let mut sent: HashMap<String, bool> = HashMap::new();
        for (tick, (pairs, slices)) in (1i64..).zip(rounds) {
            let now = MINUTE + tick * INTERVAL;
            apply(&mut registry, &pairs, now - 1);
            let mut readings = Readings::begin(&registry);
            let mut collection = registry.begin_collection(now);
            let (mut is_over, mut chunks) = (false, Vec::new());
            for (samples, pairs) in &slices {
                match is_over {
                    false => is_over = registry.collect_slice(&mut collection, *samples),
                    true => _ = registry.forget_slice(*samples),
                }
                chunks.extend(collection.take_written(1).unwrap_or_default().chunks);
                readings.read(&registry);
                apply(&mut registry, pairs, now + 1);
                readings.read(&registry);
            }
            if !is_over {
                registry.collect_slice(&mut collection, usize::MAX);
                readings.read(&registry);
            }
            chunks.extend(collection.finish().chunks);
            let decoded = decode(&Collected::from(chunks));
            check_beginnings(&decoded, now);
            readings.check(&decoded, &sent);
            for (identity, (value, time)) in &decoded.samples {
                let is_begun = sent.get(identity).copied().unwrap_or(false)
                    || decoded.seeds.contains_key(identity)
                    || identity.contains("connection_info");
                prop_assert!(is_begun, "{} was sent without a beginning", identity);
                prop_assert_eq!(*time, now);
                sent.insert(identity.clone(), value.to_bits() != STALE_MARKER_BITS);
            }
        }
        let now = MINUTE + 9 * INTERVAL;
        let before = totals(&registry);
        let decoded = decode(&registry.collect(now));
        for (identity, value) in totals(&registry) {
            prop_assert_eq!(decoded.samples[&identity], (value, now));
            prop_assert_eq!(before[&identity], value);
        }
    }
}
