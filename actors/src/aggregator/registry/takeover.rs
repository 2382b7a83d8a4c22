//! New settings over running series: what means the same goes on, everything else ends with a staleness marker.

use spangraph_config::{TenantId, TenantSettings};

use super::Registry;
use crate::aggregator::collecting::{Collection, Writing};
use crate::aggregator::series::{FamilyId, SeriesStore};
use crate::batches::{Chunk, ChunkKind, Collected};

/// For each family of the old store the one of the new store that goes on with its series.
type Heirs = Vec<Option<FamilyId>>;

impl Registry {
    /// Whether series would end if `settings` were taken on: they should be collected once more before.
    #[must_use]
    pub fn would_end_series(&self, settings: &TenantSettings, tenant: &TenantId) -> bool {
        let heirs = Self::new(settings, tenant).store.heirs_of(&self.store);
        let ends = self.store.families.iter().zip(heirs);
        ends.into_iter()
            .any(|(family, heir)| heir.is_none() && family.heads.rows() > 0)
    }

    /// Begins to end the series that [`Self::reconfigure`] would end, in slices: a collection of nothing but their staleness
    /// markers. Nothing may be applied until it is over, and the settings are taken on.
    #[must_use]
    pub fn begin_ending(
        &mut self,
        settings: &TenantSettings,
        tenant: &TenantId,
        now_unix_milliseconds: i64,
    ) -> Collection {
        self.forget_slice(usize::MAX);
        let heirs = Self::new(settings, tenant).store.heirs_of(&self.store);
        let ending = self.store.families.ids().zip(heirs);
        let ending = ending.filter_map(|(family, heir)| heir.is_none().then_some(family));
        let ending = ending.collect();
        self.store.begin_ending(ending, now_unix_milliseconds)
    }

    /// Takes on `settings`. Series of families with the same name, kind, buckets and labels go on with their values,
    /// exemplars and what is known of them as sent. All others are removed; their staleness markers are given back,
    /// to be sent before anything that is collected later.
    pub fn reconfigure(
        &mut self,
        settings: &TenantSettings,
        tenant: &TenantId,
        now_unix_milliseconds: i64,
    ) -> Collected {
        self.forget_slice(usize::MAX);
        let mut old = std::mem::replace(self, Self::new(settings, tenant));
        let heirs = self.store.heirs_of(&old.store);
        let chunks = old.store.end_families(&heirs, now_unix_milliseconds);
        if self.store.labels_as(&old.store) {
            self.service_graphs.labels.inherit(&mut old.service_graphs.labels);
            self.span_metrics.labels.inherit(&mut old.span_metrics.labels);
        }
        self.span_name_patterns.inherit(&mut old.span_name_patterns);
        self.store.inherit(old.store, &heirs);
        self.service_graphs.labels.forget_emptied(&self.store);
        self.span_metrics.labels.forget_emptied(&self.store);
        self.store.remove_all_emptied();
        chunks.into()
    }
}

impl SeriesStore {
    fn heirs_of(&self, old: &Self) -> Heirs {
        let heir = |name: &str, same: &dyn Fn(FamilyId) -> bool| {
            let id = self.family_named(name)?;
            same(id).then_some(id)
        };
        let same_labels = self.labels_as(old);
        let families = old.families.iter();
        families
            .map(|family| {
                heir(&family.name, &|id| {
                    same_labels && self.families[id].means_the_same_as(family)
                })
            })
            .collect()
    }

    /// Ends the series of all families without heir.
    fn end_families(&mut self, heirs: &Heirs, now: i64) -> Vec<Chunk> {
        let number = self.turn.next_collection();
        let writing = Writing::new(ChunkKind::Samples, number, now);
        let mut ended = Vec::new();
        for (family, heir) in self.families.ids().zip(heirs) {
            if heir.is_none() {
                for row in (0..self.families[family].heads.rows()).rev() {
                    ended.extend(self.end(family, row, number, now));
                }
            }
        }
        writing.into_ends(self.view(), &ended)
    }

    /// Takes the series of the families that have an heir, and all that is known of label sets.
    fn inherit(&mut self, mut old: Self, heirs: &Heirs) {
        let by_name: Heirs = old
            .families
            .iter()
            .map(|family| self.family_named(&family.name))
            .collect();
        if !keep_their_numbers(&by_name) {
            old.tombstones.renumber(&by_name);
        }
        // Those without an heir have no series left.
        if old.families.len() != self.families.len() || !heirs_keep_their_numbers(heirs) {
            old.sets.renumber(heirs, self.families.len());
        }
        for (family, heir) in old.families.iter_mut().zip(heirs) {
            if let Some(heir) = heir {
                let new = &mut self.families[*heir];
                // What a metric means is told by who runs now, and is not kept over a restart.
                std::mem::swap(&mut family.help, &mut new.help);
                std::mem::swap(family, new);
            }
        }
        self.inherit_books(old);
    }

    fn family_named(&self, name: &str) -> Option<FamilyId> {
        self.families.ids().find(|id| *self.families[*id].name == *name)
    }
}

/// Whether each family has one that goes on with it, under its own number.
fn keep_their_numbers(heirs: &Heirs) -> bool {
    heirs.iter().all(Option::is_some) && heirs_keep_their_numbers(heirs)
}

/// Whether each family that goes on does so under its own number.
fn heirs_keep_their_numbers(heirs: &Heirs) -> bool {
    let mut numbered = FamilyId::all().zip(heirs);
    numbered.all(|(family, heir)| heir.is_none_or(|heir| heir == family))
}
