//! Collection: every series encoded once, in slices; seeds before new series, staleness markers after old ones.

mod exemplars;
mod native;
mod writing;

use spangraph_proto::remote_write::{STALE_MARKER_BITS, SampleField};

use crate::aggregator::series::{FamilyId, SeriesHead, SeriesStore};
use crate::batches::{ChunkKind, Collected};
pub(in crate::aggregator) use writing::Writing;

/// A collection under way, and how far it has come.
///
/// Between its slices series may be updated and born: each is sent with the value that it has when its turn comes, and
/// one that is born too late for a seed is left to the next collection. Only the collection itself removes series, and
/// rows move only then: so it meets every row once.
#[derive(Debug)]
pub struct Collection {
    stage: Stage,
    family: FamilyId,
    row: usize,
    writing: Writing,
    is_partly_taken: bool,
}

/// What is written, one after the other, so that it stands in this order in each lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Zeros in the past of series that were never sent (SPEC §7).
    Seeds,
    /// Staleness markers of series that are removed.
    Ends,
    /// Values.
    Samples,
    /// Exemplars of classic histograms.
    Exemplars,
    /// Native histograms with theirs.
    NativeHistograms,
    /// Nothing more.
    Over,
}

impl Stage {
    fn next(self) -> Self {
        match self {
            Self::Seeds => Self::Ends,
            Self::Ends => Self::Samples,
            Self::Samples => Self::Exemplars,
            Self::Exemplars => Self::NativeHistograms,
            Self::NativeHistograms | Self::Over => Self::Over,
        }
    }

    fn kind(self) -> ChunkKind {
        match self {
            Self::Seeds => ChunkKind::Seeds,
            Self::Ends | Self::Samples => ChunkKind::Samples,
            Self::Exemplars => ChunkKind::Exemplars,
            Self::NativeHistograms | Self::Over => ChunkKind::NativeHistograms,
        }
    }
}

impl Collection {
    /// One that has not begun; all of its samples are of `now_unix_milliseconds`.
    pub(in crate::aggregator) fn new(now_unix_milliseconds: i64) -> Self {
        Self {
            stage: Stage::Seeds,
            family: FamilyId::FIRST,
            row: 0,
            writing: Writing::new(Stage::Seeds.kind(), now_unix_milliseconds),
            is_partly_taken: false,
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

    fn turn_to_next_family(&mut self) {
        (self.family, self.row) = (self.family.next(), 0);
    }

    fn turn_to_next_stage(&mut self) {
        (self.stage, self.family, self.row) = (self.stage.next(), FamilyId::FIRST, 0);
        self.writing.lanes.turn_to(self.stage.kind());
        if self.stage == Stage::NativeHistograms {
            self.writing.put_native_ends();
        }
    }
}

impl SeriesStore {
    /// Goes on with `collection` until it is over or has written about so many samples.
    ///
    /// Removes stale series. Label sets that lost their last one are left for [`SeriesStore::remove_emptied`].
    pub fn collect(&mut self, collection: &mut Collection, samples: usize) {
        let mut left = samples;
        while left > 0 && !collection.is_over() {
            left = left.saturating_sub(self.collect_row(collection));
        }
        if collection.is_over() {
            let now = collection.unix_milliseconds();
            self.tombstones.expire(now);
            self.last_collected = Some(now);
        }
    }

    /// Writes what the collection's stage has of one row, and tells how much work that was: about that of so many samples.
    fn collect_row(&mut self, collection: &mut Collection) -> usize {
        let (family, row) = (collection.family, collection.row);
        match self.families.find(family).map(|family| family.heads.rows()) {
            None => collection.turn_to_next_stage(),
            Some(rows) if row >= rows => collection.turn_to_next_family(),
            Some(_) => {
                collection.row += 1;
                let writing = &mut collection.writing;
                let before = writing.lanes.written();
                match collection.stage {
                    Stage::Seeds => self.write_seed(family, row, writing),
                    // The row that is removed is another's now.
                    Stage::Ends if self.end_if_stale(family, row, writing) => collection.row = row,
                    Stage::Samples => self.write_sample(family, row, writing),
                    Stage::Exemplars => self.write_exemplars(family, row, writing),
                    Stage::NativeHistograms => self.write_native(family, row, writing),
                    Stage::Ends | Stage::Over => {}
                }
                return 1 + collection.writing.lanes.written() - before;
            }
        }
        1
    }

    /// Removes the stale series that nobody waits for: those that were never sent, and all when collection
    /// has stopped. Those that were sent stay until [`SeriesStore::collect`] ends them with a staleness marker.
    pub fn evict(&mut self, now_unix_milliseconds: i64) {
        let stale_since = self.stale_since(now_unix_milliseconds);
        let is_collected = self.last_collected.is_some_and(|last| last > stale_since);
        for family in self.families.ids() {
            let is_due = |head: &SeriesHead| head.updated <= stale_since && !(head.sent && is_collected);
            let mut row = 0;
            while let Some(found) = self.next_row(family, row, is_due) {
                self.note_last_sent(family, found);
                self.remove(family, found);
                row = found;
            }
        }
        self.tombstones.expire(now_unix_milliseconds);
    }

    /// Remembers when a series that is removed without a marker was sent at the latest, when it was.
    fn note_last_sent(&mut self, id: FamilyId, row: usize) {
        let head = self.families[id].heads.first(row);
        if let Some(last) = self.last_collected.filter(|_| head.sent) {
            let labels = &self.sets.get(head.label_set).labels.bytes;
            self.tombstones.insert(labels, id, last);
        }
    }

    /// Begins a series that was never sent, when it is to be sent: with a 0 in the past, if it is of a kind that has one.
    fn write_seed(&mut self, id: FamilyId, row: usize, writing: &mut Writing) {
        let stale_since = self.stale_since(writing.now);
        let family = &mut self.families[id];
        let head = family.heads.first_mut(row);
        if head.sent || head.updated <= stale_since {
            return;
        }
        head.begun = true;
        let set = self.sets.get(head.label_set);
        if !family.is_seeded() {
            return;
        }
        if let Some(time) = self.tombstones.seed_time(&set.labels.bytes, id, writing.now) {
            let field = SampleField::new(time);
            family.for_each_sample(row, &set.labels, |labels, _| {
                writing.lanes.put(set.lane, labels, field.as_bytes());
            });
        }
    }

    /// Removes a series that is stale, and tells whether it was.
    fn end_if_stale(&mut self, id: FamilyId, row: usize, writing: &mut Writing) -> bool {
        let head = self.families[id].heads.first(row);
        let is_stale = head.updated <= self.stale_since(writing.now);
        if is_stale {
            self.end(id, row, writing);
        }
        is_stale
    }

    /// Removes the series in `row`, and ends it with a staleness marker when it was sent.
    pub(in crate::aggregator) fn end(&mut self, id: FamilyId, row: usize, writing: &mut Writing) {
        let marker = SampleField::new(writing.now).with_bits(STALE_MARKER_BITS);
        let family = &self.families[id];
        let head = family.heads.first(row);
        if head.sent {
            let set = self.sets.get(head.label_set);
            family.for_each_sample(row, &set.labels, |labels, _| {
                writing.lanes.put(set.lane, labels, marker.as_bytes());
            });
            writing.note_native_end(family, set);
            self.tombstones.insert(&set.labels.bytes, id, writing.now);
        }
        self.remove(id, row);
    }

    /// Writes the value of a series, unless it was born after seeds were written.
    fn write_sample(&mut self, id: FamilyId, row: usize, writing: &mut Writing) {
        let field = SampleField::new(writing.now);
        let family = &mut self.families[id];
        let head = family.heads.first_mut(row);
        head.sent |= head.begun;
        if !head.sent {
            return;
        }
        let set = self.sets.get(head.label_set);
        family.for_each_sample(row, &set.labels, |labels, value| {
            let sample = field.with_bits(value.to_bits());
            writing.lanes.put(set.lane, labels, sample.as_bytes());
        });
    }

    /// The first row from `row` on that is `due`.
    fn next_row(&self, family: FamilyId, row: usize, due: impl Fn(&SeriesHead) -> bool) -> Option<usize> {
        let heads = &self.families[family].heads;
        (row..heads.rows()).find(|row| due(heads.first(*row)))
    }
}
