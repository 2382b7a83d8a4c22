//! Collection: every series encoded once, seeds before new ones, staleness markers after old ones.

mod exemplars;
mod native;

use spangraph_proto::remote_write::{STALE_MARKER_BITS, SampleField};

pub use self::native::NativeWriter;
use super::family::{FamilyId, SeriesHead};
use super::lanes::Lanes;
use super::series_store::SeriesStore;
use crate::samples::{Chunk, ChunkKind};

impl SeriesStore {
    /// Hands all there is to send to `sink`: seeds, then samples and staleness markers, then exemplars, then native
    /// histograms with theirs.
    ///
    /// Removes stale series. Label sets that lost their last one are left for [`SeriesStore::remove_emptied`].
    pub fn collect(&mut self, now_unix_milliseconds: i64, sink: &mut dyn FnMut(Chunk)) {
        self.write_seeds(now_unix_milliseconds, sink);
        let mut natives = NativeWriter::new(now_unix_milliseconds, &self.trace_id_label_name);
        let mut samples = Lanes::new(ChunkKind::Samples, now_unix_milliseconds, sink);
        for family in self.family_ids() {
            self.end_stale(family, &mut samples, &mut natives);
        }
        self.write_samples(now_unix_milliseconds, &mut samples);
        samples.finish();
        self.write_exemplars(now_unix_milliseconds, sink);
        self.write_natives(natives, sink);
        self.tombstones.expire(now_unix_milliseconds);
        self.last_collected = Some(now_unix_milliseconds);
    }

    /// Removes the stale series that nobody waits for: those that were never sent, and all when collection
    /// has stopped. Those that were sent stay until [`SeriesStore::collect`] ends them with a staleness marker.
    pub fn evict(&mut self, now_unix_milliseconds: i64) {
        let stale_since = self.stale_since(now_unix_milliseconds);
        let is_collected = self.last_collected.is_some_and(|last| last > stale_since);
        for family in self.family_ids() {
            let is_due = |head: &SeriesHead| head.updated <= stale_since && !(head.sent && is_collected);
            let mut row = 0;
            while let Some(found) = self.next_row(family, row, is_due) {
                self.remove(family, found);
                row = found;
            }
        }
        self.tombstones.expire(now_unix_milliseconds);
    }

    /// Writes a 0 in the past for every series that was never sent (SPEC §7).
    fn write_seeds(&self, now: i64, sink: &mut dyn FnMut(Chunk)) {
        let stale_since = self.stale_since(now);
        let mut lanes = Lanes::new(ChunkKind::Seeds, now, sink);
        for (family, id) in self
            .families
            .iter()
            .zip(self.family_ids())
            .filter(|(family, _)| family.is_seeded())
        {
            for row in 0..family.heads.rows() {
                let head = family.heads.first(row);
                if head.sent || head.updated <= stale_since {
                    continue;
                }
                let set = self.sets.get(head.label_set);
                let Some(time) = self.tombstones.seed_time(&set.labels.bytes, id, now) else {
                    continue;
                };
                let field = SampleField::new(time);
                family.for_each_sample(row, &set.labels, |labels, _| {
                    lanes.put(set.lane, labels, field.as_bytes());
                });
            }
        }
        lanes.finish();
    }

    /// Removes the stale series of a family, and ends with a staleness marker each that was sent.
    fn end_stale(&mut self, id: FamilyId, lanes: &mut Lanes<'_>, natives: &mut NativeWriter) {
        let stale_since = self.stale_since(natives.now());
        self.end(id, lanes, natives, |head| head.updated <= stale_since);
    }

    /// Removes the series of a family that are `due`, and ends with a staleness marker each that was sent.
    pub(super) fn end(
        &mut self,
        id: FamilyId,
        lanes: &mut Lanes<'_>,
        natives: &mut NativeWriter,
        due: impl Fn(&SeriesHead) -> bool,
    ) {
        let now = natives.now();
        let marker = SampleField::new(now).with_bits(STALE_MARKER_BITS);
        let mut row = 0;
        while let Some(found) = self.next_row(id, row, &due) {
            let family = &self.families[id.index()];
            let head = family.heads.first(found);
            if head.sent {
                let set = self.sets.get(head.label_set);
                family.for_each_sample(found, &set.labels, |labels, _| {
                    lanes.put(set.lane, labels, marker.as_bytes());
                });
                natives.end(family, set);
                self.tombstones.insert(&set.labels.bytes, id, now);
            }
            self.remove(id, found);
            row = found;
        }
    }

    /// Writes the value of every series.
    fn write_samples(&mut self, now: i64, lanes: &mut Lanes<'_>) {
        let field = SampleField::new(now);
        for family in &mut self.families {
            for row in 0..family.heads.rows() {
                let set = self.sets.get(family.heads.first(row).label_set);
                family.for_each_sample(row, &set.labels, |labels, value| {
                    lanes.put(set.lane, labels, field.with_bits(value.to_bits()).as_bytes());
                });
                family.heads.first_mut(row).sent = true;
            }
        }
    }

    /// The first row from `row` on that is `due`.
    fn next_row(&self, family: FamilyId, row: usize, due: impl Fn(&SeriesHead) -> bool) -> Option<usize> {
        let heads = &self.families[family.index()].heads;
        (row..heads.rows()).find(|row| due(heads.first(*row)))
    }
}
