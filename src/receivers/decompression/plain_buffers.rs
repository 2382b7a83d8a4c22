//! Buffers that bodies are inflated into, used again: in a new one every byte is zeroed first, and every page by the kernel.
//!
//! Large ones are mapped, and unmapped when they are dropped: one thread makes them and another drops them, and an
//! allocator keeps such memory for the thread that made it, beside what the admission gate counts.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use memmap2::MmapMut;

use super::MAX_INLINE_BYTES;

/// The most buffers that are kept: 8 MiB at [`MAX_INLINE_BYTES`] each.
const MOST_KEPT: usize = 32;
/// Buffers that are kept have a multiple of so many bytes, so that one for a request fits those after it; smaller bodies
/// get just what they need.
const STEP_BYTES: usize = 32 * 1024;

/// The last one was kept last.
static KEPT: Mutex<VecDeque<Vec<u8>>> = Mutex::new(VecDeque::new());

/// A buffer that is kept for another body when it is dropped, unless it is small or large.
///
/// It has at most twice the bytes that were asked for: those are what the admission gate counts.
#[derive(Debug)]
pub struct PlainBuffer {
    bytes: Memory,
    length: usize,
}

#[derive(Debug)]
enum Memory {
    Allocated(Vec<u8>),
    Mapped(MmapMut),
}

impl PlainBuffer {
    /// A buffer of `length` bytes; they are to be overwritten, since they may be another body's.
    pub fn new(length: usize) -> Self {
        Self {
            bytes: Memory::new(length),
            length,
        }
    }

    /// The bytes, to be overwritten.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        let bytes = match &mut self.bytes {
            Memory::Allocated(bytes) => bytes.as_mut_slice(),
            Memory::Mapped(bytes) => bytes,
        };
        bytes.get_mut(..self.length).unwrap_or_default()
    }

    /// The bytes behind the first `length`, to be overwritten.
    pub fn after(&mut self, length: usize) -> &mut [u8] {
        self.as_mut_slice().get_mut(length..).unwrap_or_default()
    }

    /// A buffer of `length` bytes with the first `kept` of this one.
    pub fn grown(self, kept: usize, length: usize) -> Self {
        let mut grown = Self::new(length);
        let kept = self.as_ref().get(..kept).unwrap_or_default();
        if let Some(first) = grown.as_mut_slice().get_mut(..kept.len()) {
            first.copy_from_slice(kept);
        }
        grown
    }

    /// The first `length` bytes, which were overwritten, in no more than twice the memory: what is mapped and was never
    /// touched is none.
    pub fn into_first(mut self, length: usize) -> Bytes {
        let is_loose = |bytes: &Vec<u8>| bytes.len() / 2 > length;
        self.length = length;
        match &self.bytes {
            Memory::Allocated(bytes) if is_loose(bytes) => self.grown(length, length).into_bytes(),
            _ => self.into_bytes(),
        }
    }

    /// The bytes, of which all were overwritten; the buffer is kept when the last of them is dropped.
    pub fn into_bytes(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl Memory {
    /// At least `length` bytes.
    fn new(length: usize) -> Self {
        if length < STEP_BYTES {
            return Self::Allocated(vec![0; length]);
        }
        if length > MAX_INLINE_BYTES
            && let Ok(mapped) = MmapMut::map_anon(length)
        {
            return Self::Mapped(mapped);
        }
        let kept = take_kept(length);
        Self::Allocated(kept.unwrap_or_else(|| vec![0; length.next_multiple_of(STEP_BYTES)]))
    }

    fn as_slice(&self) -> &[u8] {
        match self {
            Self::Allocated(bytes) => bytes,
            Self::Mapped(bytes) => bytes,
        }
    }
}

impl AsRef<[u8]> for PlainBuffer {
    fn as_ref(&self) -> &[u8] {
        self.bytes.as_slice().get(..self.length).unwrap_or_default()
    }
}

impl Drop for PlainBuffer {
    fn drop(&mut self) {
        let Memory::Allocated(bytes) = &mut self.bytes else {
            return;
        };
        if !(STEP_BYTES..=MAX_INLINE_BYTES).contains(&bytes.len()) {
            return;
        }
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        // The oldest one was of no use for long; so the sizes that are kept follow those of the bodies.
        let oldest = (kept.len() >= MOST_KEPT).then(|| kept.pop_front());
        kept.push_back(std::mem::take(bytes));
        drop(kept);
        drop(oldest);
    }
}

/// Of the buffers that fit the one that was kept last, which is most likely still in the processor's cache.
fn take_kept(length: usize) -> Option<Vec<u8>> {
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let fitting = kept
        .iter()
        .rposition(|bytes| (length..=2 * length).contains(&bytes.len()));
    kept.remove(fitting?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_has_the_length_that_was_asked_for_whatever_it_held_before() {
        for length in [100_000, 10, 0, 200_000, 100_001, 300_000, 64 * 1024] {
            let mut buffer = PlainBuffer::new(length);
            assert_eq!(buffer.as_mut_slice().len(), length);
            assert!(
                buffer.bytes.as_slice().len() <= 2 * length,
                "{} for {length}",
                buffer.bytes.as_slice().len()
            );
            buffer.as_mut_slice().fill(7);
            assert_eq!(buffer.into_bytes(), vec![7; length]);
        }
    }

    #[test]
    fn what_grows_keeps_its_first_bytes_and_what_is_cut_is_in_little_more_memory() {
        for (short, long) in [(0, 10), (10, 50_000), (50_000, 200_000), (200_000, 5_000_000)] {
            let mut buffer = PlainBuffer::new(short);
            buffer.as_mut_slice().fill(7);
            let mut buffer = buffer.grown(short, long);
            assert_eq!(buffer.after(short).len(), long - short);
            buffer.after(short).fill(8);
            let cut = short + (long - short) / 4;
            let bytes = buffer.into_first(cut);
            assert_eq!(bytes, [vec![7; short], vec![8; cut - short]].concat());
        }
    }

    #[test]
    fn small_and_large_buffers_and_more_than_so_many_are_not_kept() {
        let many: Vec<_> = (0..2 * MOST_KEPT).map(|_| PlainBuffer::new(STEP_BYTES)).collect();
        drop(many);
        drop(PlainBuffer::new(1));
        drop(PlainBuffer::new(MAX_INLINE_BYTES + 1));
        let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(kept.len() <= MOST_KEPT);
        let sizes = STEP_BYTES..=MAX_INLINE_BYTES;
        assert!(kept.iter().all(|bytes| sizes.contains(&bytes.len())));
    }
}
