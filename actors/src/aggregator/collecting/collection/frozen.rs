//! Collections of series that were frozen at a cut: what they do to state is done at the cut, what they write is written later.

use std::sync::Arc;

use super::{Collection, EndedSeries, SeriesView, Stage, Writing};
use crate::aggregator::exposition::ExposedSeries;
use crate::aggregator::labels::LabelSet;
use crate::aggregator::series::{Family, FamilyId, FamilyTable, FrozenBooks, SeriesStore, Tombstones};
use crate::batches::{Collected, LANES};
use crate::tables::Column;

/// The series of a store as they were at a cut.
#[derive(Debug)]
pub struct FrozenSeries {
    /// The series.
    pub families: FamilyTable<Family>,
    /// Their label sets, at the places that their numbers say.
    pub sets: Column<LabelSet>,
    /// When removed series were last sent.
    pub tombstones: Tombstones,
    /// The label of an exemplar.
    pub trace_id_label_name: Arc<str>,
    /// Whether exemplars are collected.
    pub sends_exemplars: bool,
    /// What there is once.
    pub books: FrozenBooks,
    /// The numbers of families are others than in the image before.
    pub is_whole: bool,
}

/// A collection whose effects on the live series are over, and of which nothing is written.
#[derive(Clone, Debug)]
pub struct FrozenCollection {
    number: u32,
    unix_milliseconds: i64,
    ended: Arc<Column<EndedSeries>>,
}

impl SeriesStore {
    /// Does at once what a collection does to series; [`FrozenSeries`] that are frozen next are what it writes.
    pub fn collect_frozen(&mut self, cut_unix_milliseconds: i64) -> FrozenCollection {
        let number = self.turn.begin_collection();
        let ended = self.remove_stale(number, cut_unix_milliseconds);
        self.end_collection(cut_unix_milliseconds);
        FrozenCollection {
            number,
            unix_milliseconds: cut_unix_milliseconds,
            ended: Arc::new(ended),
        }
    }

    /// The series as they are now.
    pub fn freeze(&mut self) -> FrozenSeries {
        FrozenSeries {
            families: self.families.iter_mut().map(Family::freeze).collect(),
            sets: self.sets.freeze(),
            tombstones: self.tombstones.clone(),
            trace_id_label_name: Arc::clone(&self.trace_id_label_name),
            sends_exemplars: self.sends_exemplars,
            books: self.freeze_books(),
            is_whole: std::mem::take(&mut self.is_whole),
        }
    }

    /// Removes the stale series in the order in which a collection meets them, and returns those that were sent.
    fn remove_stale(&mut self, number: u32, now: i64) -> Column<EndedSeries> {
        let stale_since = self.stale_since(now);
        let mut ended = Column::new(1);
        for id in self.families.ids() {
            if self.families[id].may_have_stale(stale_since) {
                self.remove_stale_of(id, stale_since, |store, row| {
                    if let Some(series) = store.end(id, row, number, now) {
                        ended.push(series);
                    }
                });
            }
        }
        ended
    }

    fn remove_stale_of(&mut self, id: FamilyId, since: i64, mut end: impl FnMut(&mut Self, usize)) {
        let mut row = 0;
        while let Some(found) = self.next_row(id, row, |head| head.updated <= since) {
            end(self, found);
            row = found;
        }
    }
}

impl FrozenCollection {
    /// Writes the collection of `series`, which were frozen after it, and hands on what is written by and by.
    pub fn write(&self, series: &FrozenSeries, hand_on: &mut dyn FnMut(Collected)) {
        let mut collection = self.resume();
        while !collection.is_over() {
            collection.write_row(series.view());
            if let Some(written) = collection.take_written(LANES) {
                hand_on(written);
            }
        }
        hand_on(collection.finish());
    }

    /// The collection behind its removals.
    fn resume(&self) -> Collection {
        Collection {
            stage: Stage::Seeds,
            family: FamilyId::FIRST,
            row: 0,
            ended: Arc::clone(&self.ended),
            writing: Writing::new(Stage::Seeds.kind(), self.number, self.unix_milliseconds),
            is_partly_taken: false,
            is_sliced: false,
            ending: None,
        }
    }
}

impl FrozenSeries {
    /// What collections write of them.
    pub fn view(&self) -> SeriesView<'_> {
        SeriesView {
            families: &self.families,
            sets: &self.sets,
            tombstones: &self.tombstones,
            exemplar_label: self.sends_exemplars.then_some(&*self.trace_id_label_name),
        }
    }

    /// What a page to scrape shows of them.
    pub fn exposed(&self) -> ExposedSeries<'_> {
        ExposedSeries {
            families: &self.families,
            sets: &self.sets,
            trace_id_label_name: &self.trace_id_label_name,
        }
    }
}
