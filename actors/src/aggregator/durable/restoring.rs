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

/// Reads the blocks of a registry, by table and block, under settings which may be others than those that the blocks were
/// written under: what then is not the same any more ends, as by a reload.
#[derive(Debug)]
pub struct RegistryLoader<'a> {
    settings: &'a TenantSettings,
    tenant: &'a TenantId,
    /// None before the first block, which says what the others are.
    registry: Option<Registry>,
    expected: TableBlock,
}

impl<'a> RegistryLoader<'a> {
    /// Nothing yet, of `tenant`, which goes on under `settings`.
    #[must_use]
    pub fn new(settings: &'a TenantSettings, tenant: &'a TenantId) -> Self {
        let (table, block) = (BOOKS, 0);
        Self {
            settings,
            tenant,
            registry: None,
            expected: TableBlock { table, block },
        }
    }

    /// Takes the block `at` its place, which is the next one.
    ///
    /// # Errors
    /// When it cannot be used, or is not the next.
    pub fn read(&mut self, at: TableBlock, bytes: &[u8]) -> Result<(), RestoreError> {
        if self.registry.is_none() && at.table != BOOKS {
            return Err(RestoreError::NoBooks);
        }
        let expected = self.expected;
        let is_next = at == expected || at.table > expected.table && at.block == 0;
        let loaded = is_next.then_some(()).ok_or(Flaw::OutOfOrder);
        let loaded = loaded.and_then(|()| self.load(at.table, bytes));
        self.expected.table = at.table;
        self.expected.block = at.block.saturating_add(1);
        loaded.map_err(|flaw| RestoreError::Block { at, flaw })
    }

    /// Goes on from what was read.
    ///
    /// # Errors
    /// When nothing was.
    pub fn finish(self) -> Result<RestoredSeries, RestoreError> {
        let registry = self.registry.ok_or(RestoreError::NoBooks)?;
        Ok(registry.take_up(self.settings, self.tenant))
    }

    fn load(&mut self, table: u32, block: &[u8]) -> Result<(), Flaw> {
        if let Some(registry) = &mut self.registry {
            return registry.load(table, block);
        }
        let books = BooksRecord::decode(block)?;
        let mut registry = Registry::new(self.settings, self.tenant);
        registry.store = SeriesStore::load(books, &self.settings.registry, self.tenant)?;
        self.registry = Some(registry);
        Ok(())
    }
}

impl Registry {
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
        self.see_all_values();
        RestoredSeries {
            registry: self,
            ended,
        }
    }
}
