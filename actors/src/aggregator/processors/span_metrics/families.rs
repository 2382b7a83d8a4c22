//! The families of span metrics, and what spans are in each.

use spangraph_config::TenantSettings;

use crate::aggregator::histograms::Observation;
use crate::aggregator::labels::LabelSetId;
use crate::aggregator::series::{Family, FamilyId, FamilyKind, FamilyTable, SeriesStore, Update, add_family};
use crate::batches::{SpanEntry, SpanObservation};

/// The families that are on.
#[derive(Debug, Default)]
pub struct SpanMetricsFamilies {
    /// Spans.
    pub calls_total: Option<FamilyId>,
    /// How long they took.
    pub latency: Option<FamilyId>,
    size_total: Option<FamilyId>,
}

const CALLS_TOTAL: &str = "Spans.";
const LATENCY: &str = "How long spans took, in seconds.";
const SIZE_TOTAL: &str = "The encoded size of spans, in bytes.";

impl SpanMetricsFamilies {
    /// Adds the families that `settings` switch on to `families`.
    pub fn new(settings: &TenantSettings, families: &mut FamilyTable<Family>) -> Self {
        let mut add = |on: bool, name: &str, help, kind: FamilyKind| {
            let family = Family::new(format!("traces_spanmetrics_{name}"), help, &kind);
            add_family(families, on.then_some(family))
        };
        let processors = settings.processors;
        let seconds = FamilyKind::Histogram(
            settings.span_metrics.histogram_buckets.clone(),
            settings.registry.histograms,
        );
        Self {
            calls_total: add(
                processors.span_metrics_count,
                "calls_total",
                CALLS_TOTAL,
                FamilyKind::Counter,
            ),
            latency: add(processors.span_metrics_latency, "latency", LATENCY, seconds),
            size_total: add(
                processors.span_metrics_size,
                "size_total",
                SIZE_TOTAL,
                FamilyKind::Counter,
            ),
        }
    }

    /// All that are on.
    pub fn all(&self) -> impl Iterator<Item = FamilyId> + use<> {
        [self.calls_total, self.latency, self.size_total]
            .into_iter()
            .flatten()
    }

    /// Whether any family is on.
    pub fn any(&self) -> bool {
        self.calls_total.or(self.latency).or(self.size_total).is_some()
    }

    /// Creates the series that a new label set has in each family, as far as limits admit them.
    pub fn create(&self, store: &mut SeriesStore, label_set: LabelSetId, now: i64) {
        for family in [self.calls_total, self.latency, self.size_total]
            .into_iter()
            .flatten()
        {
            store.create_if_new(family, label_set, now);
        }
    }

    /// Counts the spans of `entry` by series of `label_set`.
    pub fn count(&self, store: &mut SeriesStore, label_set: LabelSetId, entry: &SpanEntry, now: i64) {
        let counters = [
            (self.calls_total, entry.calls),
            (self.size_total, entry.size_bytes),
        ];
        for (family, weight) in counters {
            if let Some(family) = family {
                store.update(family, label_set, Update::Add(weight), now);
            }
        }
    }

    /// Where the latencies of `label_set` go, to be found once for all spans of a request.
    pub fn latencies(&self, store: &mut SeriesStore, label_set: LabelSetId, now: i64) -> Latencies {
        let own = self
            .latency
            .map(|family| (family, store.create_if_new(family, label_set, now)));
        match own {
            None => Latencies::Off,
            // What a limit turned away is counted one by one.
            Some((_, (settled, _))) if store.is_overflow(settled) => Latencies::TurnedAway(label_set),
            Some((_, (_, row))) => Latencies::Row(row),
        }
    }

    /// Observes the latency of a span whose label set has its latencies at `place`.
    pub fn observe(&self, store: &mut SeriesStore, place: Latencies, span: &SpanObservation, now: i64) {
        let Some(latency) = self.latency else { return };
        let update = Update::Observe(Observation {
            seconds: span.seconds,
            weight: span.weight,
            trace_id: span.trace_id,
        });
        match place {
            Latencies::Off => {}
            Latencies::TurnedAway(label_set) => store.update(latency, label_set, update, now),
            Latencies::Row(row) => store.update_row(latency, row, update, now),
        }
    }
}

/// Where the latencies of a label set go, as long as no series is removed.
#[derive(Clone, Copy, Debug)]
pub enum Latencies {
    /// Nowhere: the family is off.
    Off,
    /// A limit leads them to the overflow.
    TurnedAway(LabelSetId),
    /// To this row of the family.
    Row(usize),
}
