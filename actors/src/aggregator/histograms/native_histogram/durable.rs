//! A native histogram in a block of an epoch.

use super::NativeHistogram;
use crate::aggregator::durable::{Flaw, NativeRecord};

impl NativeHistogram {
    /// It without exemplars.
    pub fn record(&self) -> NativeRecord {
        NativeRecord {
            schema: self.schema.into(),
            count: self.count,
            zero_count: self.zero_count,
            sum: self.sum,
            begun_unix_milliseconds: self.begun,
            indexes: self.indexes.clone(),
            counts: self.counts.clone(),
            exemplars: None,
        }
    }

    /// What [`Self::record`] gave.
    ///
    /// # Errors
    /// When its buckets are none.
    pub fn load(record: NativeRecord) -> Result<Self, Flaw> {
        let is_ascending = record.indexes.is_sorted_by(|left, right| left < right);
        let schema = i8::try_from(record.schema);
        let (true, Ok(schema)) = (
            is_ascending && record.indexes.len() == record.counts.len(),
            schema,
        ) else {
            return Err(Flaw::Unfit("buckets"));
        };
        Ok(Self {
            schema,
            count: record.count,
            zero_count: record.zero_count,
            sum: record.sum,
            begun: record.begun_unix_milliseconds,
            indexes: record.indexes,
            counts: record.counts,
        })
    }
}
