//! Collection: every series encoded once, in slices; seeds before new series, staleness markers after old ones.

mod frozen;
mod removal;
mod view;
mod writing;

use std::sync::Arc;

use crate::aggregator::series::{FamilyId, SeriesStore, Values};
use crate::batches::{ChunkKind, Collected};
use crate::tables::Column;
pub(in crate::aggregator) use frozen::{FrozenCollection, FrozenSeries};
pub(in crate::aggregator) use view::SeriesView;
pub(in crate::aggregator) use writing::{EndedSeries, Writing};

/// A collection under way, and how far it has come.
///
/// It is numbered, and sends the series that were there when it began: those with a lower number were sent before, those
/// with its own begin with it. First it removes those that are stale. Between its slices series may be updated and born:
/// each is sent with the value that it has when its turn comes, and one that is born meanwhile is left to the next
/// collection. Only the collection itself removes series, and rows move only then: so it meets every row once.
#[derive(Debug)]
pub struct Collection {
    stage: Stage,
    family: FamilyId,
    row: usize,
    ended: Arc<Column<EndedSeries>>,
    writing: Writing,
    is_partly_taken: bool,
    /// Whether series may have been updated since it began.
    is_sliced: bool,
    /// The families whose series all end, and nothing else is written; none when it is about stale series.
    ending: Option<Vec<FamilyId>>,
}

/// What is done, one after the other, so that it stands in this order in each lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Stale series are removed that nobody waits for, and nothing else is done.
    Eviction,
    /// Stale series are removed. Nothing is written.
    Removal,
    /// Zeros in the past of series that were never sent (SPEC §7).
    Seeds,
    /// Staleness markers of series that were removed.
    Ends,
    /// Values.
    Samples,
    /// Exemplars of classic histograms.
    Exemplars,
    /// Staleness markers of native histograms.
    NativeEnds,
    /// Native histograms with their exemplars.
    NativeHistograms,
    /// Nothing more.
    Over,
}

impl Stage {
    fn next(self) -> Self {
        match self {
            Self::Removal => Self::Seeds,
            Self::Seeds => Self::Ends,
            Self::Ends => Self::Samples,
            Self::Samples => Self::Exemplars,
            Self::Exemplars => Self::NativeEnds,
            Self::NativeEnds => Self::NativeHistograms,
            Self::Eviction | Self::NativeHistograms | Self::Over => Self::Over,
        }
    }

    fn is_of_living_series(self) -> bool {
        matches!(
            self,
            Self::Seeds | Self::Samples | Self::Exemplars | Self::NativeHistograms
        )
    }

    fn kind(self) -> ChunkKind {
        match self {
            Self::Eviction | Self::Removal | Self::Seeds => ChunkKind::Seeds,
            Self::Ends | Self::Samples => ChunkKind::Samples,
            Self::Exemplars => ChunkKind::Exemplars,
            Self::NativeEnds | Self::NativeHistograms | Self::Over => ChunkKind::NativeHistograms,
        }
    }
}

impl Collection {
    /// One that has not begun; all of its samples are of `now_unix_milliseconds`.
    fn new(stage: Stage, number: u32, now_unix_milliseconds: i64) -> Self {
        Self {
            stage,
            family: FamilyId::FIRST,
            row: 0,
            ended: Arc::new(Column::new(1)),
            writing: Writing::new(stage.kind(), number, now_unix_milliseconds),
            is_partly_taken: false,
            is_sliced: false,
            ending: None,
        }
    }

    /// The time of its samples, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn unix_milliseconds(&self) -> i64 {
        self.writing.now
    }

    /// Whether it removes series now, so that rows move.
    pub(in crate::aggregator) fn is_removing(&self) -> bool {
        matches!(self.stage, Stage::Eviction | Stage::Removal)
    }

    /// Whether every series was met.
    pub(in crate::aggregator) fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    /// The series that it ended, once that is written.
    pub(in crate::aggregator) fn take_ended(&mut self) -> Column<EndedSeries> {
        let ended = std::mem::replace(&mut self.ended, Arc::new(Column::new(1)));
        Arc::into_inner(ended).unwrap_or_else(|| Column::new(1))
    }

    /// What is written so far, when that is so many chunks, to be sent while the rest is written.
    pub fn take_written(&mut self, at_least: usize) -> Option<Collected> {
        let chunks = self.writing.lanes.take_chunks(at_least)?;
        let continues = std::mem::replace(&mut self.is_partly_taken, true);
        Some(Collected { chunks, continues })
    }

    /// All that was written and not taken.
    #[must_use]
    pub fn finish(self) -> Collected {
        Collected {
            chunks: self.writing.lanes.finish(),
            continues: self.is_partly_taken,
        }
    }

    /// Writes what the stage has of one row, and tells how much work that was: about that of so many samples.
    fn write_row(&mut self, view: SeriesView<'_>) -> usize {
        let before = self.writing.lanes.written();
        match self.stage {
            Stage::Ends => self.write_end(view),
            Stage::NativeEnds => self.write_native_end(view),
            _ => self.write_series(view),
        }
        1 + self.writing.lanes.written() - before
    }

    fn write_end(&mut self, view: SeriesView<'_>) {
        match self.ended.get(self.row) {
            Some(ended) => view.write_end(ended, &mut self.writing),
            None => return self.turn_to_next_stage(),
        }
        self.row += 1;
    }

    fn write_native_end(&mut self, view: SeriesView<'_>) {
        match self.ended.get(self.row) {
            Some(ended) => view.write_native_end(ended, &mut self.writing),
            None => return self.turn_to_next_stage(),
        }
        self.row += 1;
    }

    fn write_series(&mut self, view: SeriesView<'_>) {
        let (family, row) = (self.family, self.row);
        match view.families.find(family).map(|family| family.heads.rows()) {
            None => return self.turn_to_next_stage(),
            Some(rows) if row >= rows => return self.turn_to_next_family(),
            Some(_) => self.row += 1,
        }
        let writing = &mut self.writing;
        match self.stage {
            Stage::Seeds => view.write_seed(family, row, writing),
            Stage::Samples => view.write_sample(family, row, writing),
            Stage::Exemplars => view.write_exemplars(family, row, writing),
            Stage::NativeHistograms => view.write_native(family, row, writing),
            Stage::Eviction | Stage::Removal | Stage::Ends | Stage::NativeEnds | Stage::Over => {}
        }
    }

    fn turn_to_next_family(&mut self) {
        (self.family, self.row) = (self.family.next(), 0);
    }

    fn turn_to_next_stage(&mut self) {
        (self.stage, self.family, self.row) = (self.stage.next(), FamilyId::FIRST, 0);
        while self.ending.is_some() && self.stage.is_of_living_series() {
            self.stage = self.stage.next();
        }
        self.writing.lanes.turn_to(self.stage.kind());
    }
}

impl SeriesStore {
    /// Begins a collection, whose samples are of `now_unix_milliseconds`. It is to be brought to its end before the next.
    pub fn begin_collection(&mut self, now_unix_milliseconds: i64) -> Collection {
        let number = self.turn.begin_collection();
        Collection::new(Stage::Removal, number, now_unix_milliseconds)
    }

    /// Begins an eviction: a collection that only removes the stale series that nobody waits for. Those are the ones that were
    /// never sent, and all when collection has stopped. Others that were sent stay until they are collected, and end with a
    /// staleness marker.
    pub fn begin_eviction(&mut self, now_unix_milliseconds: i64) -> Collection {
        Collection::new(
            Stage::Eviction,
            self.turn.next_collection(),
            now_unix_milliseconds,
        )
    }

    /// Begins a collection that ends all series of these families, and writes nothing but their ends.
    pub fn begin_ending(&mut self, families: Vec<FamilyId>, now_unix_milliseconds: i64) -> Collection {
        Collection {
            ending: Some(families),
            ..Collection::new(Stage::Removal, self.turn.next_collection(), now_unix_milliseconds)
        }
    }

    /// Goes on with `collection` until it is over or has written about so many samples; tells how many of those are left.
    ///
    /// Removes stale series. Label sets that lost their last one are left for [`SeriesStore::remove_emptied`], and tombstones
    /// for [`Tombstones::expire_part`](crate::aggregator::series::Tombstones::expire_part).
    pub fn collect(&mut self, collection: &mut Collection, samples: usize) -> usize {
        let is_of_all = collection.stage != Stage::Eviction && collection.ending.is_none();
        let mut left = samples;
        while left > 0 && !collection.is_over() {
            left = left.saturating_sub(self.collect_row(collection));
        }
        collection.is_sliced = true;
        if collection.is_over() && is_of_all {
            self.end_collection(collection.unix_milliseconds());
        }
        left
    }

    /// Notes that all was collected.
    fn end_collection(&mut self, now_unix_milliseconds: i64) {
        self.last_collected = Some(now_unix_milliseconds);
        self.turn.end_collection();
    }

    /// What collections write of it.
    pub(in crate::aggregator) fn view(&self) -> SeriesView<'_> {
        SeriesView {
            families: &self.families,
            sets: self.sets.table(),
            tombstones: &self.tombstones,
            exemplar_label: self.sends_exemplars.then_some(&*self.trace_id_label_name),
        }
    }

    fn collect_row(&mut self, collection: &mut Collection) -> usize {
        match collection.stage {
            Stage::Removal => return self.remove_if_stale(collection),
            Stage::Eviction => return self.evict_if_stale(collection),
            _ => {}
        }
        let (stage, family, row) = (collection.stage, collection.family, collection.row);
        let work = collection.write_row(self.view());
        let number = collection.writing.collection;
        match stage {
            // Observed while the collection is under way, they would wait for the next one.
            Stage::Exemplars if collection.is_sliced => {
                if let Some(Values::Histogram { classic, .. }) = self.values_if_sent(family, row, number) {
                    classic
                        .iter_mut()
                        .for_each(|classic| classic.note_sent(row, number));
                }
            }
            Stage::NativeHistograms => {
                if let Some(Values::Histogram { native, .. }) = self.values_if_sent(family, row, number) {
                    native.iter_mut().for_each(|native| native.forget_exemplars(row));
                }
            }
            _ => {}
        }
        work
    }

    /// The values of a family, when `row` is a series of it that the collection of this number sends.
    fn values_if_sent(&mut self, id: FamilyId, row: usize, number: u32) -> Option<&mut Values> {
        let family = self.families.find_mut(id)?;
        let is_sent = family.heads.get(row).is_some_and(|head| head.born <= number);
        is_sent.then_some(&mut family.values)
    }
}
