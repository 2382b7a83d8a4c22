//! Classic histograms in blocks of an epoch.

use super::Histograms;
use crate::aggregator::durable::{ExemplarsRecord, Flaw, RowsRecord};
use crate::aggregator::histograms::Exemplar;
use crate::tables::BLOCK_ROWS;

impl Histograms {
    /// For each block whether it changed.
    pub fn changes(&self) -> impl Iterator<Item = bool> {
        let values = self.values.blocks().map(|block| block.is_changed);
        let exemplars = self.exemplars.blocks().map(|block| block.is_changed);
        values
            .zip(exemplars)
            .map(|(values, exemplars)| values || exemplars)
    }

    /// Puts the histograms of `block` into `record`.
    pub fn save(&self, block: usize, record: &mut RowsRecord) {
        if let Some(values) = self.values.block(block) {
            record.values.extend_from_slice(values.values);
        }
        if let Some(exemplars) = self.exemplars.block(block) {
            record.exemplars = ExemplarsRecord::of((0..).zip(exemplars.values));
        }
    }

    /// Appends the histograms of `record`, of which there are so many.
    ///
    /// # Errors
    /// When they are not as many, or of other buckets.
    pub fn load(&mut self, rows: usize, record: &mut RowsRecord) -> Result<(), Flaw> {
        let buckets = self.bounds.len() + 1;
        if rows > BLOCK_ROWS || record.values.len() != rows * (buckets + 1) {
            return Err(Flaw::Unfit("values"));
        }
        let mut exemplars = vec![Exemplar::NONE; rows * buckets];
        let kept = record.exemplars.take().unwrap_or_default();
        for (place, exemplar) in kept.read()? {
            let place = usize::try_from(place)
                .ok()
                .and_then(|place| exemplars.get_mut(place));
            *place.ok_or(Flaw::Unfit("exemplars"))? = exemplar;
        }
        let values = std::mem::take(&mut record.values);
        let is_appended = self.values.append_block(values) && self.exemplars.append_block(exemplars);
        is_appended.then_some(()).ok_or(Flaw::OutOfOrder)
    }
}
