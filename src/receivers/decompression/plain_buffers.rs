//! Buffers that bodies are inflated into, used again: in a new one every byte is zeroed first, and every page by the kernel.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use super::MAX_INLINE_BYTES;

/// The most buffers that are kept: 8 MiB at [`MAX_INLINE_BYTES`] each.
const MOST_KEPT: usize = 32;
/// Buffers have a multiple of so many bytes, so that one for a request fits those after it.
const STEP_BYTES: usize = 64 * 1024;

static KEPT: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// A buffer that is kept for another body when it is dropped.
#[derive(Debug)]
pub struct PlainBuffer {
    bytes: Vec<u8>,
    length: usize,
}

impl PlainBuffer {
    /// A buffer of `length` bytes; they are to be overwritten, since they may be another body's.
    pub fn new(length: usize) -> Self {
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = kept.pop().filter(|bytes| bytes.len() >= length);
        drop(kept);
        let bytes = bytes.unwrap_or_else(|| vec![0; length.next_multiple_of(STEP_BYTES)]);
        Self { bytes, length }
    }

    /// The bytes, to be overwritten.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        self.bytes.get_mut(..self.length).unwrap_or_default()
    }

    /// The bytes, of which all were overwritten; the buffer is kept when the last of them is dropped.
    pub fn into_bytes(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for PlainBuffer {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl Drop for PlainBuffer {
    fn drop(&mut self) {
        if self.bytes.len() > MAX_INLINE_BYTES {
            return;
        }
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MOST_KEPT {
            kept.push(std::mem::take(&mut self.bytes));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_has_the_length_that_was_asked_for_whatever_it_held_before() {
        for length in [100_000, 10, 0, 200_000, 100_001, 300_000, 64 * 1024] {
            let mut buffer = PlainBuffer::new(length);
            assert_eq!(buffer.as_mut_slice().len(), length);
            buffer.as_mut_slice().fill(7);
            assert_eq!(buffer.into_bytes(), vec![7; length]);
        }
    }

    #[test]
    fn large_buffers_and_more_than_so_many_are_not_kept() {
        let many: Vec<_> = (0..2 * MOST_KEPT).map(|_| PlainBuffer::new(1)).collect();
        drop(many);
        drop(PlainBuffer::new(MAX_INLINE_BYTES + 1));
        let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(kept.len() <= MOST_KEPT);
        assert!(kept.iter().all(|bytes| bytes.len() <= MAX_INLINE_BYTES));
    }
}
