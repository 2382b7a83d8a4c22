//! Families in blocks of an epoch.

use std::time::Duration;

use prost::Message as _;
use spangraph_config::{HistogramKind, HistogramSettings};

use super::{Family, FamilyKind, SeriesHead, Values};
use crate::aggregator::durable::{FamilyRecord, Flaw, HistogramRecord, KindRecord, RowsRecord};
use crate::aggregator::histograms::{Histograms, NativeHistograms};
use crate::aggregator::labels::LabelSetId;
use crate::tables::Column;

impl Family {
    /// What the family is.
    pub fn record(&self) -> FamilyRecord {
        let (kind, bounds, histogram) = match &*self.kind {
            FamilyKind::Counter => (KindRecord::Counter, &[][..], None),
            FamilyKind::Gauge => (KindRecord::Gauge, &[][..], None),
            FamilyKind::Histogram(bounds, settings) => (
                kind_of(settings),
                bounds.as_slice(),
                Some(HistogramRecord::of(settings)),
            ),
        };
        FamilyRecord {
            name: self.name.to_string(),
            kind: kind.into(),
            bounds: bounds.to_vec(),
            histogram,
            label_names: self.label_names.to_vec(),
        }
    }

    /// What [`Self::record`] gave, without series.
    ///
    /// # Errors
    /// When it is of a kind that is not known.
    pub fn load(record: FamilyRecord) -> Result<Self, Flaw> {
        let kind = record.family_kind().ok_or(Flaw::Unknown("kind of family"))?;
        let mut family = Self::new(record.name, "", &kind);
        family.label_names = record.label_names.into();
        Ok(family)
    }

    /// How many blocks its rows have, and which of them changed.
    pub fn changes(&self) -> Vec<bool> {
        let mut changes: Vec<_> = self.heads.blocks().map(|block| block.is_changed).collect();
        let mut note = |more: &mut dyn Iterator<Item = bool>| {
            for (change, more) in changes.iter_mut().zip(more) {
                *change |= more;
            }
        };
        match &self.values {
            Values::Counter(values) | Values::Gauge(values) => {
                note(&mut values.blocks().map(|block| block.is_changed));
            }
            Values::Histogram { classic, native } => {
                classic.iter().for_each(|classic| note(&mut classic.changes()));
                native.iter().for_each(|native| note(&mut native.changes()));
            }
        }
        changes
    }

    /// A block of its rows.
    pub fn encode_rows(&self, block: usize) -> Vec<u8> {
        let mut record = RowsRecord::default();
        let heads = self.heads.block(block);
        for head in heads.iter().flat_map(|block| block.values) {
            record.updated_unix_milliseconds.push(head.updated);
            record.label_sets.push(head.label_set.0);
            record.born.push(head.born);
        }
        match &self.values {
            Values::Counter(values) | Values::Gauge(values) => {
                let values = values.block(block);
                record.values.extend(values.iter().flat_map(|block| block.values));
            }
            Values::Histogram { classic, native } => {
                classic
                    .iter()
                    .for_each(|classic| classic.save(block, &mut record));
                native.iter().for_each(|native| native.save(block, &mut record));
            }
        }
        record.encode_to_vec()
    }

    /// Appends the rows of a block, and tells how many rows there were before.
    ///
    /// # Errors
    /// When they are none, or do not follow those before.
    pub fn load_rows(&mut self, block: &[u8]) -> Result<usize, Flaw> {
        let mut record = RowsRecord::decode(block)?;
        let first = self.heads.rows();
        let heads = heads_of(&record)?;
        let rows = heads.len();
        if !self.heads.append_block(heads) {
            return Err(Flaw::OutOfOrder);
        }
        match &mut self.values {
            Values::Counter(values) | Values::Gauge(values) => load_values(values, rows, record.values)?,
            Values::Histogram { classic, native } => load_histograms(classic, native, rows, &mut record)?,
        }
        self.oldest_update = i64::MIN;
        Ok(first)
    }
}

impl FamilyRecord {
    fn family_kind(&self) -> Option<FamilyKind> {
        let histogram = |kind| {
            let settings = self.histogram.unwrap_or_default().settings(kind);
            FamilyKind::Histogram(self.bounds.clone(), settings)
        };
        Some(match KindRecord::try_from(self.kind).ok()? {
            KindRecord::Unknown => return None,
            KindRecord::Counter => FamilyKind::Counter,
            KindRecord::Gauge => FamilyKind::Gauge,
            KindRecord::ClassicHistogram => histogram(HistogramKind::Classic),
            KindRecord::NativeHistogram => histogram(HistogramKind::Native),
            KindRecord::BothHistograms => histogram(HistogramKind::Both),
        })
    }
}

impl HistogramRecord {
    fn of(settings: &HistogramSettings) -> Self {
        let reset = settings.native_min_reset_duration.as_nanos();
        Self {
            native_bucket_factor: settings.native_bucket_factor,
            native_max_bucket_number: settings.native_max_bucket_number as u64,
            native_min_reset_nanoseconds: u64::try_from(reset).unwrap_or(u64::MAX),
        }
    }

    fn settings(self, kind: HistogramKind) -> HistogramSettings {
        HistogramSettings {
            kind,
            native_bucket_factor: self.native_bucket_factor,
            native_max_bucket_number: usize::try_from(self.native_max_bucket_number).unwrap_or(usize::MAX),
            native_min_reset_duration: Duration::from_nanos(self.native_min_reset_nanoseconds),
        }
    }
}

fn kind_of(settings: &HistogramSettings) -> KindRecord {
    match settings.kind {
        HistogramKind::Classic => KindRecord::ClassicHistogram,
        HistogramKind::Native => KindRecord::NativeHistogram,
        HistogramKind::Both => KindRecord::BothHistograms,
    }
}

fn heads_of(record: &RowsRecord) -> Result<Vec<SeriesHead>, Flaw> {
    let count = record.updated_unix_milliseconds.len();
    if [record.label_sets.len(), record.born.len()] != [count; 2] {
        return Err(Flaw::Unfit("rows"));
    }
    let sets = record.label_sets.iter().zip(&record.born);
    let heads = record.updated_unix_milliseconds.iter().zip(sets);
    let head = |(updated, (label_set, born)): (&i64, (&u32, &u32))| SeriesHead {
        updated: *updated,
        label_set: LabelSetId(*label_set),
        born: *born,
    };
    Ok(heads.map(head).collect())
}

fn load_values(values: &mut Column<f64>, rows: usize, loaded: Vec<f64>) -> Result<(), Flaw> {
    if loaded.len() != rows {
        return Err(Flaw::Unfit("values"));
    }
    values.append_block(loaded).then_some(()).ok_or(Flaw::OutOfOrder)
}

fn load_histograms(
    classic: &mut Option<Histograms>,
    native: &mut Option<NativeHistograms>,
    rows: usize,
    record: &mut RowsRecord,
) -> Result<(), Flaw> {
    if let Some(classic) = classic {
        classic.load(rows, record)?;
    }
    match native {
        Some(native) => native.load(rows, record),
        None => Ok(()),
    }
}
