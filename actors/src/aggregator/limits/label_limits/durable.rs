//! Labels with a limit in a block of an epoch: which have too many values, and the sketches of those that were seen.

use super::{KeyedHash, Label, LabelLimits, RecentlyDistinct};
use crate::aggregator::durable::{Flaw, LabelCountingRecord, LabelRecord};

impl LabelLimits {
    /// The labels.
    pub fn records(&self) -> Vec<LabelRecord> {
        self.labels.iter().map(Label::record).collect()
    }

    /// How values are counted; none when there is no limit.
    pub fn counting_record(&self) -> Option<LabelCountingRecord> {
        (self.most > 0).then(|| LabelCountingRecord {
            key: self.hash.key().into(),
            checked_unix_milliseconds: self.checked,
            period_begun_unix_milliseconds: self.period_begun,
        })
    }

    /// Goes on with the labels that had a limit, when there was one: what [`Self::inherit`] of other settings goes on with.
    ///
    /// # Errors
    /// When records are none of labels.
    pub fn load(
        &mut self,
        labels: Vec<LabelRecord>,
        counting: Option<LabelCountingRecord>,
    ) -> Result<(), Flaw> {
        let Some(counting) = counting else {
            return Ok(());
        };
        let key: [u64; 2] = counting
            .key
            .try_into()
            .map_err(|_| Flaw::Unfit("keys of a hash"))?;
        let labels = labels.into_iter().map(Label::load);
        self.labels = labels.collect::<Option<_>>().ok_or(Flaw::Unfit("sketches"))?;
        self.hash = KeyedHash::with_key(key);
        self.checked = counting.checked_unix_milliseconds;
        self.period_begun = counting.period_begun_unix_milliseconds;
        Ok(())
    }
}

impl Label {
    fn record(&self) -> LabelRecord {
        let [current, previous] = self.values.registers().map(<[u8]>::to_vec);
        LabelRecord {
            name: self.name.clone(),
            is_over: self.is_over,
            limited_updates: self.limited_updates,
            current,
            previous,
        }
    }

    fn load(record: LabelRecord) -> Option<Self> {
        Some(Self {
            name: record.name,
            values: RecentlyDistinct::from_registers([record.current, record.previous])?,
            is_over: record.is_over,
            limited_updates: record.limited_updates,
        })
    }
}
