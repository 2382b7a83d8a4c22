//! How series leave: those that were sent with a staleness marker, as long as somebody collects.

use std::sync::Arc;

use super::{Collection, EndedSeries};
use crate::aggregator::series::{FamilyId, SeriesHead, SeriesStore};

/// To remove a series is about as much work as to write so many samples.
const REMOVAL: usize = 2;

impl SeriesStore {
    /// Removes the series whose turn it is when it is stale, so that the row is another's then; tells how much work that was.
    pub(super) fn remove_if_stale(&mut self, collection: &mut Collection) -> usize {
        let (number, now) = (collection.writing.collection, collection.writing.now);
        let stale_since = self.stale_since(now);
        let (id, row) = (collection.family, collection.row);
        let ends = collection.ending.as_ref().map(|ending| ending.contains(&id));
        if !self.is_due(collection, |head| ends.unwrap_or(head.updated <= stale_since)) {
            return 1;
        }
        if let Some(ended) = self.end(id, row, number, now) {
            Arc::make_mut(&mut collection.ended).push(ended);
        }
        REMOVAL
    }

    /// The same, unless a collection is to end it with a staleness marker.
    pub(super) fn evict_if_stale(&mut self, collection: &mut Collection) -> usize {
        let stale_since = self.stale_since(collection.writing.now);
        let is_collected = self.last_collected.is_some_and(|last| last > stale_since);
        let next = collection.writing.collection;
        let (id, row) = (collection.family, collection.row);
        let is_due = |head: &SeriesHead| head.updated <= stale_since && !(head.born < next && is_collected);
        if !self.is_due(collection, is_due) {
            return 1;
        }
        self.note_last_sent(id, row);
        self.remove(id, row);
        REMOVAL
    }

    /// Whether the series whose turn it is is `due`; turns to the next one when it is not.
    fn is_due(&self, collection: &mut Collection, due: impl Fn(&SeriesHead) -> bool) -> bool {
        let Some(family) = self.families.find(collection.family) else {
            collection.turn_to_next_stage();
            return false;
        };
        let head = family.heads.get(collection.row);
        let is_due = head.is_some_and(due);
        match head {
            None => collection.turn_to_next_family(),
            Some(_) if !is_due => collection.row += 1,
            Some(_) => {}
        }
        is_due
    }

    /// Removes the series in `row`; one that was sent before the collection of this number is to be ended by it, with a
    /// staleness marker.
    pub(in crate::aggregator) fn end(
        &mut self,
        id: FamilyId,
        row: usize,
        collection: u32,
        now_unix_milliseconds: i64,
    ) -> Option<EndedSeries> {
        let head = self.families[id].heads.first(row);
        let ended = (head.born < collection).then(|| {
            let set = self.sets.get(head.label_set);
            self.tombstones
                .insert(&set.labels.bytes, id, now_unix_milliseconds);
            EndedSeries {
                family: id,
                labels: set.labels.clone(),
                lane: set.lane,
            }
        });
        self.remove(id, row);
        ended
    }

    /// Remembers when a series that is removed without a marker was sent at the latest, when it was.
    fn note_last_sent(&mut self, id: FamilyId, row: usize) {
        let head = self.families[id].heads.first(row);
        let was_sent = head.born < self.turn.next_collection();
        if let Some(last) = self.last_collected.filter(|_| was_sent) {
            let labels = &self.sets.get(head.label_set).labels.bytes;
            self.tombstones.insert(labels, id, last);
        }
    }

    /// The first row from `row` on that is `due`.
    pub(super) fn next_row(
        &self,
        family: FamilyId,
        row: usize,
        due: impl Fn(&SeriesHead) -> bool,
    ) -> Option<usize> {
        let heads = &self.families[family].heads;
        (row..heads.rows()).find(|row| due(heads.first(*row)))
    }
}
