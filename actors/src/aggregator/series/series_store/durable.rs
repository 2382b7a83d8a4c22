//! What a store has once, in a block of an epoch, and its rows.

use spangraph_config::{RegistrySettings, TenantId};

use super::SeriesStore;
use crate::aggregator::durable::{BooksRecord, Flaw, LabelCountingRecord, LabelRecord, RulesRecord};
use crate::aggregator::labels::{LabelRules, LabelSetId};
use crate::aggregator::limits::LabelLimits;
use crate::aggregator::series::{Family, FamilyId, FamilyTable, Turn};

/// What a store has once, as of a cut.
#[derive(Debug)]
pub struct FrozenBooks {
    /// What label sets are made by.
    pub rules: RulesRecord,
    /// Which collections are over.
    pub turn: Turn,
    /// When series were last collected, in milliseconds since the Unix epoch.
    pub last_collected: Option<i64>,
    /// The labels with a limit.
    pub labels: Vec<LabelRecord>,
    /// How their values are counted; none when they have no limit.
    pub label_counting: Option<LabelCountingRecord>,
}

impl SeriesStore {
    /// What there is once, as it is now.
    pub fn freeze_books(&self) -> FrozenBooks {
        FrozenBooks {
            rules: self.rules.record(),
            turn: self.turn,
            last_collected: self.last_collected,
            labels: self.label_limits.records(),
            label_counting: self.label_limits.counting_record(),
        }
    }

    /// The store of `tenant` as `books` say, without series.
    ///
    /// # Errors
    /// When there are families of a kind that is not known, or too many.
    pub fn load(books: BooksRecord, settings: &RegistrySettings, tenant: &TenantId) -> Result<Self, Flaw> {
        let mut families = FamilyTable::default();
        for family in books.families {
            let added = families.push(Family::load(family)?);
            added.ok_or(Flaw::Unfit("families"))?;
        }
        let mut label_limits = LabelLimits::new(settings);
        let names: Vec<_> = books.labels.iter().map(|label| label.name.clone()).collect();
        label_limits.add(&names);
        label_limits.load(books.labels, books.label_counting)?;
        let rules = LabelRules::load(books.rules.unwrap_or_default());
        let mut store = Self::new(settings, tenant, families, label_limits);
        store.overflow_labels = rules.encode_overflow();
        store.rules = rules;
        store.turn = Turn::new(books.next_collection, books.next_collection);
        store.last_collected = books.last_collected_unix_milliseconds;
        if let Some(seeds_from) = books.seeds_from_unix_milliseconds {
            store.tombstones.set_seeds_from(seeds_from);
        }
        Ok(store)
    }

    /// Appends the rows of a block to `family`.
    ///
    /// # Errors
    /// When they are none, do not follow those before, or their label sets are not there.
    pub fn load_rows(&mut self, family: FamilyId, block: &[u8]) -> Result<(), Flaw> {
        let loaded = &mut self.families[family];
        let first = loaded.load_rows(block)?;
        let count = loaded.series_per_row();
        for row in first..loaded.heads.rows() {
            let label_set = loaded.heads.first(row).label_set;
            self.sets.load_row(label_set, family, row)?;
            if !self.sets.get(label_set).is_overflow {
                self.limits.add_series(count);
            }
            self.counts.active += count;
        }
        Ok(())
    }

    /// All rows are there; label sets that have none go.
    pub fn end_loading(&mut self) {
        self.sets.end_loading();
        let sets = self.sets.table().blocks().flat_map(|block| block.values);
        let counted = sets.filter(|set| set.is_counted()).count();
        (0..counted).for_each(|_| self.limits.add_label_set());
        self.remove_all_emptied();
    }

    /// Whether the label set `id` has exactly the labels that are made of `own`.
    pub fn is_made_of<'a>(&self, id: LabelSetId, own: impl Iterator<Item = (&'a str, &'a str)>) -> bool {
        *self.rules.encode(own).bytes == *self.sets.get(id).labels.bytes
    }
}
