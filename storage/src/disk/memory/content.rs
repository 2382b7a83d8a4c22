//! The content of one file: what is read, what is durable, and the writes between.

use super::power::Tearing;

/// What a file holds.
#[derive(Debug, Default)]
pub struct Content {
    /// What is read.
    cached: Vec<u8>,
    /// What survives in any case.
    durable: Vec<u8>,
    unsynced: Vec<Write>,
    /// Writes that a sync failed for: nothing makes them durable any more, and yet they may be.
    doubtful: Vec<Write>,
}

#[derive(Debug)]
struct Write {
    offset: usize,
    bytes: Vec<u8>,
}

impl Content {
    /// What is read.
    pub fn cached(&self) -> &[u8] {
        &self.cached
    }

    /// Writes `bytes` at `offset`.
    pub fn write(&mut self, offset: usize, bytes: &[u8]) {
        put(&mut self.cached, offset, bytes);
        let bytes = bytes.to_owned();
        self.unsynced.push(Write { offset, bytes });
    }

    /// Makes durable what was written since the last time.
    pub fn sync(&mut self) {
        for write in self.unsynced.drain(..) {
            put(&mut self.durable, write.offset, &write.bytes);
        }
    }

    /// Gives up on what was written since the last time.
    pub fn fail_sync(&mut self) {
        self.doubtful.append(&mut self.unsynced);
    }

    /// Leaves what survives.
    pub fn restart(&mut self, tearing: &mut Tearing) {
        let writes: Vec<_> = self.doubtful.drain(..).chain(self.unsynced.drain(..)).collect();
        for write in writes {
            for (from, piece) in tearing.pieces(&write.bytes) {
                put(&mut self.durable, write.offset + from, piece);
            }
        }
        self.cached.clone_from(&self.durable);
    }

    /// Flips a bit; returns whether there is one.
    pub fn flip(&mut self, offset: usize, bit: u8) -> bool {
        let flipped = 1_u8.checked_shl(bit.into()).unwrap_or(0);
        let cached = self.cached.get_mut(offset);
        let there = cached.map(|byte| *byte ^= flipped).is_some();
        if let Some(byte) = self.durable.get_mut(offset) {
            *byte ^= flipped;
        }
        there
    }

    /// Cuts it; returns whether it was longer.
    pub fn cut(&mut self, bytes: usize) -> bool {
        let was_longer = self.cached.len() > bytes;
        self.cached.truncate(bytes);
        self.durable.truncate(bytes);
        was_longer
    }
}

/// Writes over and beyond what is there; a hole is filled with zeros, as file systems do.
fn put(content: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if content.len() < end && !bytes.is_empty() {
        content.resize(end, 0);
    }
    if let Some(place) = content.get_mut(offset..end) {
        place.copy_from_slice(bytes);
    }
}
