//! Writes the image of a registry.

use prost::Message as _;
use spangraph_storage::epochs::StoreError;

use super::image::RegistryImage;
use super::records::BooksRecord;
use super::tables::{BOOKS, LABEL_SETS, SPAN_NAMES, TOMBSTONES, rows_of};
use crate::aggregator::labels::encode_label_sets;
use crate::batches::Collected;
use crate::durability::{BlockSink, CollectingImage, StateImage, Table, TableBlock, Which};

impl StateImage for RegistryImage {
    fn save(&self, which: Which, sink: &mut BlockSink<'_>) -> Result<(), StoreError> {
        let is_whole = which == Which::All || self.series.is_whole;
        sink(
            TableBlock {
                table: BOOKS,
                block: 0,
            },
            &self.books().encode_to_vec(),
        )?;
        self.save_label_sets(is_whole, sink)?;
        self.save_rows(is_whole, sink)?;
        save_all(TOMBSTONES, self.series.tombstones.blocks(), sink)?;
        save_all(SPAN_NAMES, self.names.blocks(), sink)
    }

    fn tables(&self) -> Vec<Table> {
        let own = [
            (BOOKS, 1),
            (LABEL_SETS, self.series.sets.blocks().count()),
            (TOMBSTONES, self.series.tombstones.block_count()),
            (SPAN_NAMES, self.names.blocks().count()),
        ];
        let families = self.series.families.ids();
        let rows = families.map(|id| (rows_of(id), self.series.families[id].heads.blocks().count()));
        let tables = own.into_iter().chain(rows);
        let table = |(table, blocks)| Table {
            table,
            blocks: u32::try_from(blocks).unwrap_or(u32::MAX),
        };
        tables.map(table).collect()
    }
}

impl CollectingImage for RegistryImage {
    fn collect(&self, hand_on: &mut dyn FnMut(Collected)) {
        Self::collect(self, hand_on);
    }
}

impl RegistryImage {
    fn books(&self) -> BooksRecord {
        let series = &self.series;
        BooksRecord {
            rules: Some(series.books.rules.clone()),
            families: series.families.iter().map(|family| family.record()).collect(),
            next_collection: series.books.turn.next_collection(),
            last_collected_unix_milliseconds: series.books.last_collected,
            seeds_from_unix_milliseconds: series.tombstones.seeds_from(),
            labels: series.books.labels.clone(),
            label_counting: series.books.label_counting.clone(),
        }
    }

    fn save_label_sets(&self, is_whole: bool, sink: &mut BlockSink<'_>) -> Result<(), StoreError> {
        for (block, sets) in (0..).zip(self.series.sets.blocks()) {
            if is_whole || sets.is_changed {
                let table = LABEL_SETS;
                sink(TableBlock { table, block }, &encode_label_sets(sets.values))?;
            }
        }
        Ok(())
    }

    fn save_rows(&self, is_whole: bool, sink: &mut BlockSink<'_>) -> Result<(), StoreError> {
        for id in self.series.families.ids() {
            let (family, table) = (&self.series.families[id], rows_of(id));
            for (block, is_changed) in family.changes().into_iter().enumerate() {
                if is_whole || is_changed {
                    let rows = family.encode_rows(block);
                    let block = u32::try_from(block).unwrap_or(u32::MAX);
                    sink(TableBlock { table, block }, &rows)?;
                }
            }
        }
        Ok(())
    }
}

fn save_all(
    table: u32,
    blocks: impl Iterator<Item = Vec<u8>>,
    sink: &mut BlockSink<'_>,
) -> Result<(), StoreError> {
    for (block, bytes) in (0..).zip(blocks) {
        sink(TableBlock { table, block }, &bytes)?;
    }
    Ok(())
}
