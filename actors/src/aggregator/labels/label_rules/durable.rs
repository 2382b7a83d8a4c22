//! The rules for labels in a block of an epoch.

use super::LabelRules;
use crate::aggregator::durable::{PairRecord, RulesRecord};

impl LabelRules {
    /// The rules, to be compared with those in force.
    pub fn record(&self) -> RulesRecord {
        let added = self.added.iter().map(|(name, value)| PairRecord {
            name: name.clone(),
            value: value.clone(),
        });
        RulesRecord {
            max_name_bytes: self.max_name_bytes as u64,
            max_value_bytes: self.max_value_bytes as u64,
            added: added.collect(),
        }
    }

    /// What [`Self::record`] gave.
    pub fn load(record: RulesRecord) -> Self {
        let added = record.added.into_iter();
        Self {
            max_name_bytes: usize::try_from(record.max_name_bytes).unwrap_or(usize::MAX),
            max_value_bytes: usize::try_from(record.max_value_bytes).unwrap_or(usize::MAX),
            added: added.map(|PairRecord { name, value }| (name, value)).collect(),
        }
    }
}
