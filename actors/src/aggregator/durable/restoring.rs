//! Goes on from the blocks of a registry that an earlier process left.

use prost::Message as _;
use spangraph_config::{TenantId, TenantSettings};

use super::flaw::{Flaw, RestoreError};
use super::records::BooksRecord;
use super::tables::{BOOKS, LABEL_SETS, SPAN_NAMES, TOMBSTONES, family_of};
use crate::aggregator::Registry;
use crate::aggregator::series::SeriesStore;
use crate::batches::Collected;
use crate::durability::TableBlock;

/// Series that an earlier process left.
#[derive(Debug)]
pub struct RestoredSeries {
    /// They.
    pub registry: Registry,
    /// The ends of those that the settings in force have no place for.
    pub ended: Collected,
}

impl Registry {
    /// Goes on from `blocks`, by table and block, under `settings`, which may be others than those that the blocks were
    /// written under: what then is not the same any more ends, as by a reload.
    ///
    /// # Errors
    /// When a block cannot be used.
    pub fn restore(
        blocks: &[(TableBlock, &[u8])],
        settings: &TenantSettings,
        tenant: &TenantId,
    ) -> Result<RestoredSeries, RestoreError> {
        let mut registry = Self::new(settings, tenant);
        registry.store = load_books(blocks, settings, tenant)?;
        let mut expected = TableBlock {
            table: BOOKS,
            block: 0,
        };
        for (at, bytes) in blocks {
            let is_next = *at == expected || at.table > expected.table && at.block == 0;
            let loaded = is_next.then_some(()).ok_or(Flaw::OutOfOrder);
            let loaded = loaded.and_then(|()| registry.load(at.table, bytes));
            loaded.map_err(|flaw| RestoreError::Block { at: *at, flaw })?;
            expected = TableBlock {
                block: at.block + 1,
                ..*at
            };
        }
        Ok(registry.take_up(settings, tenant))
    }

    fn load(&mut self, table: u32, block: &[u8]) -> Result<(), Flaw> {
        match table {
            BOOKS => Ok(()),
            LABEL_SETS => self.store.sets.load(block),
            TOMBSTONES => {
                let families = self.store.families.len();
                self.store.tombstones.load(block, families)
            }
            SPAN_NAMES => Ok(self.span_name_patterns.load(block)?),
            rows => {
                let family = family_of(rows).filter(|family| family.index() < self.store.families.len());
                self.store
                    .load_rows(family.ok_or(Flaw::Missing("families"))?, block)
            }
        }
    }

    /// Goes over from the settings that the blocks were written under to `settings`.
    fn take_up(mut self, settings: &TenantSettings, tenant: &TenantId) -> RestoredSeries {
        self.store.end_loading();
        let after_last = self.store.last_collected.map_or(0, |last| last.saturating_add(1));
        let ended = self.reconfigure(settings, tenant, after_last);
        self.service_graphs.rebuild_keys(&self.store);
        self.span_metrics.rebuild_keys(&self.store);
        RestoredSeries {
            registry: self,
            ended,
        }
    }
}

fn load_books(
    blocks: &[(TableBlock, &[u8])],
    settings: &TenantSettings,
    tenant: &TenantId,
) -> Result<SeriesStore, RestoreError> {
    let books = blocks.iter().find(|(at, _)| at.table == BOOKS);
    let (at, bytes) = books.ok_or(RestoreError::NoBooks)?;
    let books = BooksRecord::decode(*bytes).map_err(Flaw::from);
    let store = books.and_then(|books| SeriesStore::load(books, &settings.registry, tenant));
    store.map_err(|flaw| RestoreError::Block { at: *at, flaw })
}
