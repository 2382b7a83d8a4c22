//! Services and their spans, from the keys of span metrics.

use std::collections::HashMap;

use super::bit_set::BitSet;
use super::latency::LatencyReader;
use super::{MOST_SPAN_SETS, ServiceDescription, SpanSetDescription};
use crate::aggregator::labels::LabelSetId;
use crate::aggregator::lookup::{Symbol, Symbols};
use crate::aggregator::processors::{KeyPlaces, SpanMetrics};
use crate::aggregator::series::{SeriesStore, Values};

/// The kinds of the spans that serve somebody.
const SERVING: [&str; 2] = ["SPAN_KIND_SERVER", "SPAN_KIND_CONSUMER"];
const ERROR: &str = "STATUS_CODE_ERROR";

/// The symbols of the texts that the keys are asked for; none of those that no key has.
struct Asked {
    serving: [Option<Symbol>; 2],
    error: Option<Symbol>,
}

/// Every service with its spans added up; two keys that make one label set count once.
pub fn describe_services(spans: &SpanMetrics, store: &SeriesStore) -> Vec<ServiceDescription> {
    let (keys, places) = (spans.keys(), spans.key_places());
    let asked = Asked::of(keys.symbols());
    let mut seen = BitSet::default();
    let mut services: HashMap<Symbol, ServiceDescription> = HashMap::new();
    keys.for_each(|key, label_set| {
        let service = Symbol::at(KeyPlaces::SERVICE, key);
        if keys.symbols().text(service).is_empty() || !seen.insert(label_set.index()) {
            return;
        }
        let found = services.entry(service).or_insert_with(|| ServiceDescription {
            service: keys.symbols().text(service).to_owned(),
            namespace: namespace(key, &places, keys.symbols()),
            ..ServiceDescription::default()
        });
        asked.count(key, spans_of(spans, store, label_set), found);
    });
    let mut services: Vec<_> = services.into_values().collect();
    services.sort_by(|left, right| left.service.cmp(&right.service));
    services
}

/// The label sets of `service` with the most spans.
pub fn describe_service(spans: &SpanMetrics, store: &SeriesStore, service: &str) -> Vec<SpanSetDescription> {
    let keys = spans.keys();
    let Some(service) = keys.symbols().find(service).filter(|_| !service.is_empty()) else {
        return Vec::new();
    };
    let mut seen = BitSet::default();
    let mut found = Vec::new();
    keys.for_each(|key, label_set| {
        if Symbol::at(KeyPlaces::SERVICE, key) == service && seen.insert(label_set.index()) {
            found.push((spans_of(spans, store, label_set), label_set));
        }
    });
    found.sort_by(|(left, _), (right, _)| right.total_cmp(left));
    found.truncate(MOST_SPAN_SETS);
    let latency = spans.families().latency;
    let reader = latency.map(|family| LatencyReader::new(&store.families[family]));
    let describe = |(calls, label_set): (f64, LabelSetId)| {
        let row = latency.and_then(|family| store.sets.row(label_set, family));
        SpanSetDescription {
            labels: pairs(store, label_set),
            calls,
            latency: row.and_then(|row| reader.as_ref()?.read(row)),
        }
    };
    found.into_iter().map(describe).collect()
}

impl Asked {
    fn of(symbols: &Symbols) -> Self {
        Self {
            serving: SERVING.map(|kind| symbols.find(kind)),
            error: symbols.find(ERROR),
        }
    }

    fn count(&self, key: &[Symbol], spans: f64, service: &mut ServiceDescription) {
        service.spans += spans;
        if self
            .serving
            .contains(&Some(Symbol::at(KeyPlaces::SPAN_KIND, key)))
        {
            service.served += spans;
            if self.error == Some(Symbol::at(KeyPlaces::STATUS_CODE, key)) {
                service.served_failed += spans;
            }
        }
    }
}

/// The label `job` is `namespace/service` where there is a namespace.
fn namespace(key: &[Symbol], places: &KeyPlaces, symbols: &Symbols) -> Option<String> {
    let text = |place: usize| symbols.text(Symbol::at(place, key));
    let of_job = text(places.job).strip_suffix(text(KeyPlaces::SERVICE));
    let of_job = of_job.and_then(|namespace| namespace.strip_suffix('/'));
    let of_dimension = || places.service_namespace.map(text);
    let found = of_job.filter(|name| !name.is_empty()).or_else(of_dimension);
    found.filter(|name| !name.is_empty()).map(str::to_owned)
}

/// How many spans the label set counts, by `calls_total` or else by the latencies.
fn spans_of(spans: &SpanMetrics, store: &SeriesStore, label_set: LabelSetId) -> f64 {
    let families = spans.families();
    let Some(family) = families.calls_total.or(families.latency) else {
        return 0.0;
    };
    let Some(row) = store.sets.row(label_set, family) else {
        return 0.0;
    };
    match &store.families[family].values {
        Values::Counter(values) => *values.first(row),
        other => other.count(row),
    }
}

fn pairs(store: &SeriesStore, label_set: LabelSetId) -> Vec<(String, String)> {
    let labels = store.sets.get(label_set).labels.pairs();
    labels
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
