//! Native histograms in blocks of an epoch.

use super::{NativeHistogram, NativeHistograms, Row};
use crate::aggregator::durable::{ExemplarsRecord, Flaw, NativeRecord, RowsRecord};
use crate::tables::BLOCK_ROWS;

impl NativeHistograms {
    /// For each block whether it changed.
    pub fn changes(&self) -> impl Iterator<Item = bool> {
        self.rows.blocks().map(|block| block.is_changed)
    }

    /// Puts the histograms of `block` into `record`.
    pub fn save(&self, block: usize, record: &mut RowsRecord) {
        if let Some(rows) = self.rows.block(block) {
            record.natives.extend(rows.values.iter().map(Row::record));
        }
    }

    /// Appends the histograms of `record`, of which there are so many.
    ///
    /// # Errors
    /// When they are not as many, or one is none.
    pub fn load(&mut self, rows: usize, record: &mut RowsRecord) -> Result<(), Flaw> {
        if rows > BLOCK_ROWS || record.natives.len() != rows {
            return Err(Flaw::Unfit("native histograms"));
        }
        let loaded = record.natives.drain(..).map(Row::load);
        let is_appended = self.rows.append_block(loaded.collect::<Result<_, _>>()?);
        is_appended.then_some(()).ok_or(Flaw::OutOfOrder)
    }
}

impl Row {
    fn record(&self) -> NativeRecord {
        let exemplars = self
            .exemplars
            .iter()
            .map(|(bucket, exemplar)| (*bucket, exemplar));
        NativeRecord {
            exemplars: ExemplarsRecord::of(exemplars),
            ..self.histogram.record()
        }
    }

    fn load(record: NativeRecord) -> Result<Self, Flaw> {
        let exemplars = match &record.exemplars {
            Some(exemplars) => exemplars.read()?.collect(),
            None => Vec::new(),
        };
        Ok(Self {
            histogram: NativeHistogram::load(record)?,
            exemplars,
        })
    }
}
