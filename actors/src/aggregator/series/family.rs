//! Families: all series of one metric name, and how each kind is updated and written.

mod durable;

use std::sync::Arc;

use spangraph_config::{HistogramKind, HistogramSettings};

use super::family_id::FamilyId;
use super::family_labels::FamilyLabels;
use super::family_table::FamilyTable;
use super::moment::Moment;
use crate::aggregator::histograms::{Histograms, NativeHistograms, Observation};
use crate::aggregator::labels::{EncodedLabels, LabelSetId};
use crate::tables::Column;
use crate::time::TimeShift;

/// Adds a family that is on to `families` and tells its number.
pub fn add_family(families: &mut FamilyTable<Family>, family: Option<Family>) -> Option<FamilyId> {
    families.push(family?)
}

/// What a family's series are.
#[derive(Clone, Debug, PartialEq)]
pub enum FamilyKind {
    /// Only grows; begins with a 0 in the past.
    Counter,
    /// The last value counts.
    Gauge,
    /// A histogram; the classic one has these upper bounds, ascending, without `+Inf`.
    Histogram(Vec<f64>, HistogramSettings),
}

/// What happens to one series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Update {
    /// A counter grows.
    Add(f64),
    /// A gauge gets a value.
    Set(f64),
    /// A histogram takes an observation.
    Observe(Observation),
}

/// What is known of a series apart from its values.
#[derive(Clone, Copy, Debug)]
pub struct SeriesHead {
    /// The last update, in milliseconds since the Unix epoch.
    pub updated: i64,
    /// Its labels.
    pub label_set: LabelSetId,
    /// The number of the collection that was next when it was born: those before never sent it, that one and all later
    /// ones did.
    pub born: u32,
}

/// The values of a family's series, a row each.
#[derive(Debug)]
pub enum Values {
    /// Counters.
    Counter(Column<f64>),
    /// Gauges.
    Gauge(Column<f64>),
    /// Histograms: classic, native, or both of the same observations.
    Histogram {
        /// With fixed buckets.
        classic: Option<Histograms>,
        /// With exponential buckets.
        native: Option<NativeHistograms>,
    },
}

impl Values {
    /// Values that are for ever what these are now.
    fn freeze(&mut self) -> Self {
        match self {
            Self::Counter(values) => Self::Counter(values.freeze()),
            Self::Gauge(values) => Self::Gauge(values.freeze()),
            Self::Histogram { classic, native } => Self::Histogram {
                classic: classic.as_mut().map(Histograms::freeze),
                native: native.as_mut().map(NativeHistograms::freeze),
            },
        }
    }

    /// How many observations the histogram in `row` holds; 0 of other kinds.
    #[expect(clippy::cast_precision_loss, reason = "samples are floats")]
    pub fn count(&self, row: usize) -> f64 {
        match self {
            Self::Histogram {
                classic: Some(classic),
                ..
            } => classic.count(row),
            Self::Histogram {
                native: Some(native), ..
            } => native.histogram(row).count() as f64,
            _ => 0.0,
        }
    }
}

/// All series of one metric name.
#[derive(Debug)]
pub struct Family {
    /// The metric's name.
    pub name: Arc<str>,
    /// What the metric means.
    pub help: &'static str,
    /// What its series are.
    kind: Arc<FamilyKind>,
    /// The names of the labels that its layer gives, by which series under other settings are told apart.
    pub label_names: Arc<[String]>,
    /// One a series.
    pub heads: Column<SeriesHead>,
    /// One row a series.
    pub values: Values,
    /// The labels that its series have besides their label sets.
    pub labels: Arc<FamilyLabels>,
    /// No series was updated before, in milliseconds since the Unix epoch: learnt when all were looked at.
    oldest_update: i64,
}

/// By so much updates may come later than their stamps say, in milliseconds.
const LATENESS: i64 = 60_000;

impl Family {
    /// A family without series.
    pub fn new(name: impl Into<String>, help: &'static str, kind: &FamilyKind) -> Self {
        let name: String = name.into();
        let values = match kind {
            FamilyKind::Counter => Values::Counter(Column::new(1)),
            FamilyKind::Gauge => Values::Gauge(Column::new(1)),
            FamilyKind::Histogram(bounds, settings) => Values::Histogram {
                classic: (settings.kind != HistogramKind::Native).then(|| Histograms::new(bounds)),
                native: (settings.kind != HistogramKind::Classic).then(|| NativeHistograms::new(settings)),
            },
        };
        let labels = FamilyLabels::new(&name, &values);
        Self {
            name: name.into(),
            help,
            kind: Arc::new(kind.clone()),
            label_names: Arc::default(),
            heads: Column::new(1),
            values,
            labels: Arc::new(labels),
            oldest_update: i64::MAX,
        }
    }

    /// Whether series of both can be one: they have the same name, kind, buckets and labels.
    pub fn means_the_same_as(&self, other: &Self) -> bool {
        self.name == other.name && self.kind == other.kind && self.label_names == other.label_names
    }

    /// How many series one row is for limits: of a classic histogram its buckets with `+Inf`, its sum and its
    /// count, of a native one itself.
    pub fn series_per_row(&self) -> usize {
        match &self.values {
            Values::Counter(_) | Values::Gauge(_) => 1,
            Values::Histogram { classic, native } => {
                let buckets = classic
                    .as_ref()
                    .map_or(0, |classic| classic.bounds().len() + 1 + 2);
                buckets + usize::from(native.is_some())
            }
        }
    }

    /// Whether a new series begins with a 0 in the past (SPEC §7).
    pub fn is_seeded(&self) -> bool {
        !matches!(self.values, Values::Gauge(_))
    }

    /// Adds a series that was never sent, and tells its row.
    pub fn push(&mut self, label_set: LabelSetId, moment: Moment) -> usize {
        match &mut self.values {
            Values::Counter(values) | Values::Gauge(values) => _ = values.push(0.0),
            Values::Histogram { classic, native } => {
                classic.iter_mut().for_each(Histograms::push);
                native
                    .iter_mut()
                    .for_each(|native| native.push(moment.unix_milliseconds));
            }
        }
        let oldest = moment.unix_milliseconds.saturating_sub(LATENESS);
        self.oldest_update = self.oldest_update.min(oldest);
        self.heads.push(SeriesHead {
            updated: moment.unix_milliseconds,
            label_set,
            born: moment.turn.next_collection(),
        })
    }

    /// Updates the series in `row`; an update of another kind than the family's changes nothing.
    #[inline]
    pub fn update(&mut self, row: usize, update: Update, moment: Moment) {
        self.heads.first_mut(row).updated = moment.unix_milliseconds;
        match (&mut self.values, update) {
            (Values::Counter(values), Update::Add(weight)) => *values.first_mut(row) += weight,
            (Values::Gauge(values), Update::Set(value)) => *values.first_mut(row) = value,
            (Values::Histogram { classic, native }, Update::Observe(observation)) => {
                let mut observation = observation;
                if let Some(native) = native {
                    native.observe(row, observation, moment);
                    observation = observation.with_whole_weight();
                }
                if let Some(classic) = classic {
                    classic.observe(row, observation, moment);
                }
            }
            _ => debug_assert!(false, "{update:?} is no update of {}", self.name),
        }
    }

    /// Whether there may be series that were last updated at `since` or before. When that cannot be told without, all are
    /// looked at.
    pub fn may_have_stale(&mut self, since: i64) -> bool {
        if self.oldest_update > since {
            return false;
        }
        let heads = self.heads.blocks().flat_map(|block| block.values);
        let oldest = heads.map(|head| head.updated).min().unwrap_or(i64::MAX);
        self.oldest_update = oldest.saturating_sub(LATENESS);
        oldest <= since
    }

    /// A family that has for ever what this one has now.
    pub fn freeze(&mut self) -> Self {
        Self {
            name: Arc::clone(&self.name),
            help: self.help,
            kind: Arc::clone(&self.kind),
            label_names: Arc::clone(&self.label_names),
            heads: self.heads.freeze(),
            values: self.values.freeze(),
            labels: Arc::clone(&self.labels),
            oldest_update: self.oldest_update,
        }
    }

    /// Moves the times at which series were updated and histograms began.
    pub fn shift(&mut self, by: TimeShift) {
        by.apply(&mut self.oldest_update);
        for row in 0..self.heads.rows() {
            by.apply(&mut self.heads.first_mut(row).updated);
        }
        if let Values::Histogram {
            native: Some(native), ..
        } = &mut self.values
        {
            native.shift(by);
        }
    }

    /// Removes the series in `row`; the last one takes its number.
    pub fn swap_remove(&mut self, row: usize) {
        self.heads.swap_remove(row);
        match &mut self.values {
            Values::Counter(values) | Values::Gauge(values) => values.swap_remove(row),
            Values::Histogram { classic, native } => {
                classic.iter_mut().for_each(|classic| classic.swap_remove(row));
                native.iter_mut().for_each(|native| native.swap_remove(row));
            }
        }
    }

    /// Hands the labels and the value of each sample of `row` to `put`; a native histogram has none.
    pub fn for_each_sample(
        &self,
        row: usize,
        labels: &EncodedLabels<Arc<[u8]>>,
        mut put: impl FnMut(&[&[u8]], f64),
    ) {
        let names = &self.labels;
        match &self.values {
            Values::Counter(values) | Values::Gauge(values) => {
                put(&labels.series(names.plain()), *values.first(row));
            }
            Values::Histogram { classic, .. } => {
                let Some(classic) = classic else { return };
                put(&labels.series(names.sum()), classic.sum(row));
                put(&labels.series(names.count()), classic.count(row));
                for ((name, bound), value) in names.buckets().zip(classic.cumulative(row)) {
                    put(&labels.bucket(name, bound), value);
                }
            }
        }
    }

    /// Hands the labels of each sample that any series with these `labels` has to `put`; a native histogram has none.
    pub fn for_each_series(&self, labels: &EncodedLabels<Arc<[u8]>>, mut put: impl FnMut(&[&[u8]])) {
        let names = &self.labels;
        match &self.values {
            Values::Counter(_) | Values::Gauge(_) => put(&labels.series(names.plain())),
            Values::Histogram { classic: None, .. } => {}
            Values::Histogram { .. } => {
                put(&labels.series(names.sum()));
                put(&labels.series(names.count()));
                for (name, bound) in names.buckets() {
                    put(&labels.bucket(name, bound));
                }
            }
        }
    }

    /// Whether its series are native histograms, alone or beside classic ones.
    pub fn is_native(&self) -> bool {
        matches!(self.values, Values::Histogram { native: Some(_), .. })
    }

    /// Gives memory back.
    pub fn shrink(&mut self) {
        self.heads.shrink();
        match &mut self.values {
            Values::Counter(values) | Values::Gauge(values) => values.shrink(),
            Values::Histogram { classic, native } => {
                classic.iter_mut().for_each(Histograms::shrink);
                native.iter_mut().for_each(NativeHistograms::shrink);
            }
        }
    }

    /// The bytes that are allocated for series.
    pub fn memory_bytes(&self) -> usize {
        let values = match &self.values {
            Values::Counter(values) | Values::Gauge(values) => values.memory_bytes(),
            Values::Histogram { classic, native } => {
                classic.as_ref().map_or(0, Histograms::memory_bytes)
                    + native.as_ref().map_or(0, NativeHistograms::memory_bytes)
            }
        };
        self.heads.memory_bytes() + values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_counts_as_its_buckets_and_two_and_a_native_one_as_itself() {
        let series = |kind| {
            let settings = HistogramSettings {
                kind,
                ..HistogramSettings::default()
            };
            Family::new("h", "", &FamilyKind::Histogram(vec![0.1, 0.2], settings)).series_per_row()
        };
        assert_eq!(series(HistogramKind::Classic), 5);
        assert_eq!(series(HistogramKind::Native), 1);
        assert_eq!(series(HistogramKind::Both), 6);
        assert_eq!(Family::new("c", "", &FamilyKind::Counter).series_per_row(), 1);
    }
}
