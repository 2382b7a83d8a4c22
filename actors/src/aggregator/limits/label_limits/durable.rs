//! Which labels have too many values, in a block of an epoch. Estimates are made anew of the values in use.

use super::LabelLimits;
use crate::aggregator::durable::LabelRecord;

impl LabelLimits {
    /// The labels.
    pub fn records(&self) -> Vec<LabelRecord> {
        let labels = self.labels.iter().map(|label| LabelRecord {
            name: label.name.clone(),
            is_over: label.is_over,
        });
        labels.collect()
    }

    /// Goes on with which of the labels had too many values.
    pub fn load(&mut self, records: &[LabelRecord]) {
        for label in &mut self.labels {
            let known = records.iter().find(|record| record.name == label.name);
            label.is_over = self.most > 0 && known.is_some_and(|record| record.is_over);
        }
        self.any_over = self.labels.iter().any(|label| label.is_over);
    }
}
