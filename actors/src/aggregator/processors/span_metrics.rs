//! Span metrics: the families and labels that spans update.

mod families;

use spangraph_config::{SpanMetricsSettings, TenantSettings};

use self::families::Latencies;
pub use self::families::SpanMetricsFamilies;
use crate::aggregator::labels::{Dimension, DimensionSetting, LabelSetId, dimensions};
use crate::aggregator::limits::LabelLimits;
use crate::aggregator::lookup::{KeyTable, KeyedLabels, Keys, Symbol, TextSymbols};
use crate::aggregator::series::{Family, FamilyTable, SeriesStore};
use crate::batches::{SpanUpdates, TextId, Texts};
use crate::label_names::sanitise;

/// The labels that spans have of their own, in the order of an entry's values.
const INTRINSICS: [&str; 5] = [
    "service",
    "span_name",
    "span_kind",
    "status_code",
    "status_message",
];
/// The labels that join a series to its target, the last of an entry's values.
const TARGET: [&str; 2] = ["job", "instance"];

/// Where labels stand in a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyPlaces {
    /// `job`.
    pub job: usize,
    /// The dimension `service_namespace`, when it is one.
    pub service_namespace: Option<usize>,
}

impl KeyPlaces {
    /// `service`.
    pub const SERVICE: usize = 0;
    /// `span_kind`.
    pub const SPAN_KIND: usize = 2;
    /// `status_code`.
    pub const STATUS_CODE: usize = 3;
}

/// The span metrics of one tenant, over its series store (SPEC §3).
#[derive(Debug)]
pub struct SpanMetrics {
    families: SpanMetricsFamilies,
    /// In the order of an entry's values, in which one of the same name wins over those before it.
    pub labels: KeyedLabels,
    dimensions: Vec<Dimension>,
    symbols: TextSymbols,
    key: Vec<Symbol>,
    /// For each entry of a batch where its latencies go.
    latencies: Vec<Latencies>,
}

impl SpanMetrics {
    /// Adds the families that `settings` switch on to `families`.
    pub fn new(
        settings: &TenantSettings,
        families: &mut FamilyTable<Family>,
        limits: &mut LabelLimits,
    ) -> Self {
        let label_names = label_names(&settings.span_metrics);
        let first = families.len();
        let own = SpanMetricsFamilies::new(settings, families);
        for family in families.iter_mut().skip(first) {
            family.label_names = names_in_use(&settings.span_metrics, &label_names).into();
        }
        Self {
            families: own,
            dimensions: configured_dimensions(&settings.span_metrics),
            symbols: TextSymbols::default(),
            key: Vec::with_capacity(label_names.len()),
            latencies: Vec::new(),
            labels: KeyedLabels::new(label_names, limits),
        }
    }

    /// Updates the series of every entry: one look-up each, then its spans' latencies.
    pub fn apply(&mut self, updates: &SpanUpdates, store: &mut SeriesStore, now_unix_milliseconds: i64) {
        let width = self.labels.names.len();
        // Made under other settings, there is no telling which value belongs to which label.
        let fits = updates.labels.len() == updates.entries.len() * width;
        if !self.families.any() || !fits {
            return;
        }
        self.symbols.begin(&updates.texts);
        self.latencies.clear();
        for (entry, labels) in updates.entries.iter().zip(updates.labels.chunks_exact(width)) {
            let label_set = self.label_set(labels, &updates.texts, store, now_unix_milliseconds);
            self.families
                .count(store, label_set, entry, now_unix_milliseconds);
            let latencies = self.families.latencies(store, label_set, now_unix_milliseconds);
            self.latencies.push(latencies);
        }
        for span in &updates.observations {
            if let Some(place) = self.latencies.get(span.entry as usize) {
                self.families.observe(store, *place, span, now_unix_milliseconds);
            }
        }
    }

    /// Makes keys for the label sets that there are.
    pub fn rebuild_keys(&mut self, store: &SeriesStore) {
        let names = (self.labels.names.as_slice(), 0);
        self.labels.keys.rebuild(names, self.families.all(), store);
    }

    /// The families that are on.
    pub fn families(&self) -> &SpanMetricsFamilies {
        &self.families
    }

    /// Where labels stand in the keys.
    pub fn key_places(&self) -> KeyPlaces {
        let dimension = |name: &String| name == "service_namespace";
        KeyPlaces {
            job: self.labels.names.len() - TARGET.len(),
            service_namespace: self.labels.names.iter().position(dimension),
        }
    }

    /// The keys by which label sets are found.
    pub fn keys(&self) -> &Keys {
        &self.labels.keys
    }

    /// The keys, each of one service's spans.
    pub fn key_table(&self) -> KeyTable<'_> {
        KeyTable {
            keys: &self.labels.keys,
            label_names: &self.labels.names,
            dimensions: &self.dimensions,
            service: KeyPlaces::SERVICE,
        }
    }

    /// The label set of an entry; the overflow when a limit turns all of its series away.
    fn label_set(
        &mut self,
        labels: &[TextId],
        texts: &Texts,
        store: &mut SeriesStore,
        now: i64,
    ) -> LabelSetId {
        let is_limited = store.label_limits.any_over();
        if !is_limited && let Some(label_set) = self.find(labels, texts, now) {
            return label_set;
        }
        let mut values: Vec<_> = labels.iter().map(|label| value(*label, texts)).collect();
        self.labels.limit(&mut values, store);
        if is_limited && let Some(label_set) = self.labels.keys.find_values(&values, now) {
            return label_set;
        }
        let label_set = self.labels.make_label_set(&values, store);
        self.families.create(store, label_set, now);
        let settled = store.settle(label_set);
        if !store.is_overflow(settled) && !self.labels.keys.are_full(store.label_sets()) {
            self.labels.keys.insert(&values, settled, now);
        }
        settled
    }

    /// The label set of an entry when its key is known; otherwise some text may not even have a symbol.
    fn find(&mut self, labels: &[TextId], texts: &Texts, now: i64) -> Option<LabelSetId> {
        self.key.clear();
        for label in labels {
            let text = value(*label, texts).unwrap_or_default();
            self.key
                .push(self.symbols.find(*label, text, self.labels.keys.symbols())?);
        }
        self.labels.keys.find(&self.key, now)
    }
}

/// The text of a label, if it has one.
fn value(label: TextId, texts: &Texts) -> Option<&str> {
    label.is_present().then(|| texts.get(label))
}

/// The names of the labels, in the order in which one of the same name wins over those before it.
fn label_names(settings: &SpanMetricsSettings) -> Vec<String> {
    let mappings = settings.dimension_mappings.iter().map(|mapping| &mapping.name);
    let configured = settings.dimensions.iter().chain(mappings);
    let names = INTRINSICS.into_iter().map(str::to_owned);
    let names = names.chain(configured.map(|name| configured_name(name)));
    names.chain(TARGET.map(str::to_owned)).collect()
}

/// Those of the labels that series can have.
fn names_in_use(settings: &SpanMetricsSettings, names: &[String]) -> Vec<String> {
    let on = settings.intrinsic_dimensions;
    let intrinsic = [
        on.service,
        on.span_name,
        on.span_kind,
        on.status_code,
        on.status_message,
    ];
    let instance = settings.enable_target_info && settings.enable_instance_label;
    let configured = names.len() - INTRINSICS.len() - TARGET.len();
    let used = intrinsic
        .into_iter()
        .chain(std::iter::repeat_n(true, configured))
        .chain([settings.enable_target_info, instance]);
    let named = names.iter().zip(used);
    named
        .filter(|(_, used)| *used)
        .map(|(name, _)| name.clone())
        .collect()
}

/// Puts the labels of `updates` that were made under `old` settings into the order of `new` ones.
pub fn relabel_updates(updates: &mut SpanUpdates, old: &SpanMetricsSettings, new: &SpanMetricsSettings) {
    let (old, new) = (label_names(old), label_names(new));
    if old == new || updates.labels.len() != updates.entries.len() * old.len() {
        return;
    }
    // Of one name the last wins.
    let place = |name: &String| old.iter().rposition(|known| known == name);
    let places: Vec<_> = new.iter().map(place).collect();
    let rows = updates.labels.chunks_exact(old.len());
    let value = |row: &[TextId], place: Option<usize>| place.and_then(|place| row.get(place).copied());
    let values = rows.flat_map(|row| places.iter().map(move |place| value(row, *place)));
    let relabelled = values.map(|value| value.unwrap_or(TextId::ABSENT));
    updates.labels = relabelled.collect();
}

/// The dimensions and then the mappings, at their places among the labels.
fn configured_dimensions(settings: &SpanMetricsSettings) -> Vec<Dimension> {
    let mapped = INTRINSICS.len() + settings.dimensions.len();
    let names = settings.dimension_mappings.iter().map(|mapping| &mapping.name);
    let mappings = dimensions(mapped, DimensionSetting::SpanMetricsMapping, names);
    dimensions(
        INTRINSICS.len(),
        DimensionSetting::SpanMetrics,
        settings.dimensions.iter(),
    )
    .chain(mappings)
    .collect()
}

/// The name of a dimension or mapping: one that would hide an intrinsic label gets two underscores (SPEC §3).
fn configured_name(name: &str) -> String {
    let name = sanitise(name);
    if INTRINSICS.contains(&name.as_str()) {
        return format!("__{name}");
    }
    name
}
