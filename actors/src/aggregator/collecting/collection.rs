//! Collection: every series encoded once, in slices; seeds before new series, staleness markers after old ones.

mod frozen;
mod removal;
mod view;
mod writing;

use std::sync::Arc;

use crate::aggregator::series::{FamilyId, SeriesStore, Values};
use crate::batches::{ChunkKind, Collected};
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
    ended: Arc<Vec<EndedSeries>>,
    writing: Writing,
    is_partly_taken: bool,
    /// Whether series may have been updated since it began.
    is_sliced: bool,
}

/// What is done, one after the other, so that it stands in this order in each lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
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
            Self::NativeHistograms | Self::Over => Self::Over,
        }
    }

    fn kind(self) -> ChunkKind {
        match self {
            Self::Removal | Self::Seeds => ChunkKind::Seeds,
            Self::Ends | Self::Samples => ChunkKind::Samples,
            Self::Exemplars => ChunkKind::Exemplars,
            Self::NativeEnds | Self::NativeHistograms | Self::Over => ChunkKind::NativeHistograms,
        }
    }
}

impl Collection {
    /// One that has not begun; all of its samples are of `now_unix_milliseconds`.
    fn new(number: u32, now_unix_milliseconds: i64) -> Self {
        Self {
            stage: Stage::Removal,
            family: FamilyId::FIRST,
            row: 0,
            ended: Arc::default(),
            writing: Writing::new(Stage::Removal.kind(), number, now_unix_milliseconds),
            is_partly_taken: false,
            is_sliced: false,
        }
    }

    /// The time of its samples, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn unix_milliseconds(&self) -> i64 {
        self.writing.now
    }

    /// Whether every series was met.
    pub(in crate::aggregator) fn is_over(&self) -> bool {
        self.stage == Stage::Over
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
            Stage::NativeEnds => {
                self.writing.put_native_ends(view, &self.ended);
                self.turn_to_next_stage();
            }
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
            Stage::Removal | Stage::Ends | Stage::NativeEnds | Stage::Over => {}
        }
    }

    fn turn_to_next_family(&mut self) {
        (self.family, self.row) = (self.family.next(), 0);
    }

    fn turn_to_next_stage(&mut self) {
        (self.stage, self.family, self.row) = (self.stage.next(), FamilyId::FIRST, 0);
        self.writing.lanes.turn_to(self.stage.kind());
    }
}

impl SeriesStore {
    /// Begins a collection, whose samples are of `now_unix_milliseconds`. It is to be brought to its end before the next.
    pub fn begin_collection(&mut self, now_unix_milliseconds: i64) -> Collection {
        let number = self.turn.begin_collection();
        Collection::new(number, now_unix_milliseconds)
    }

    /// Goes on with `collection` until it is over or has written about so many samples.
    ///
    /// Removes stale series. Label sets that lost their last one are left for [`SeriesStore::remove_emptied`].
    pub fn collect(&mut self, collection: &mut Collection, samples: usize) {
        let mut left = samples;
        while left > 0 && !collection.is_over() {
            left = left.saturating_sub(self.collect_row(collection));
        }
        collection.is_sliced = true;
        if collection.is_over() {
            self.end_collection(collection.unix_milliseconds());
        }
    }

    /// Notes that all was collected.
    fn end_collection(&mut self, now_unix_milliseconds: i64) {
        self.tombstones.expire(now_unix_milliseconds);
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
        if collection.stage == Stage::Removal {
            self.remove_if_stale(collection);
            return 1;
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

    /// Removes the series whose turn it is when it is stale: the row is another's then.
    fn remove_if_stale(&mut self, collection: &mut Collection) {
        let (id, row) = (collection.family, collection.row);
        let Some(family) = self.families.find(id) else {
            return collection.turn_to_next_stage();
        };
        if row >= family.heads.rows() {
            collection.turn_to_next_family();
        } else if family.heads.first(row).updated <= self.stale_since(collection.writing.now) {
            let (number, now) = (collection.writing.collection, collection.writing.now);
            let ended = self.end(id, row, number, now);
            Arc::make_mut(&mut collection.ended).extend(ended);
        } else {
            collection.row += 1;
        }
    }

    /// The values of a family, when `row` is a series of it that the collection of this number sends.
    fn values_if_sent(&mut self, id: FamilyId, row: usize, number: u32) -> Option<&mut Values> {
        let family = self.families.find_mut(id)?;
        let is_sent = family.heads.get(row).is_some_and(|head| head.born <= number);
        is_sent.then_some(&mut family.values)
    }
}
