//! How series leave: those that were sent with a staleness marker, as long as somebody collects.

use super::EndedSeries;
use crate::aggregator::series::{FamilyId, SeriesHead, SeriesStore};

impl SeriesStore {
    /// Removes the stale series that nobody waits for: those that were never sent, and all when collection
    /// has stopped. Those that were sent stay until [`SeriesStore::collect`] ends them with a staleness marker.
    pub fn evict(&mut self, now_unix_milliseconds: i64) {
        let stale_since = self.stale_since(now_unix_milliseconds);
        let is_collected = self.last_collected.is_some_and(|last| last > stale_since);
        let next = self.turn.next_collection();
        for family in self.families.ids() {
            let is_due =
                |head: &SeriesHead| head.updated <= stale_since && !(head.born < next && is_collected);
            let mut row = 0;
            while let Some(found) = self.next_row(family, row, is_due) {
                self.note_last_sent(family, found);
                self.remove(family, found);
                row = found;
            }
        }
        self.tombstones.expire(now_unix_milliseconds);
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
