//! Collects the chunks of a body, at most so many bytes of them.

use bytes::Bytes;
use spangraph_actors::admission::Room;

/// So many times the bytes that arrived are reserved at the most because a sender announced them.
const RESERVED_ON_TRUST: usize = 4;

/// The chunks of one body; its capacity never passes `limit`, and a body of one chunk is not copied.
#[derive(Debug)]
pub struct BodyBuffer {
    limit: usize,
    announced: usize,
    only: Bytes,
    joined: Vec<u8>,
}

/// A body with the room that it holds of the admission gate.
#[derive(Debug)]
pub struct AdmittedBody {
    /// The body.
    pub bytes: Bytes,
    /// Its room, given back when it is dropped.
    pub room: Room,
}

/// The body has more bytes than allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitReached;

impl BodyBuffer {
    /// An empty buffer for at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            announced: 0,
            only: Bytes::new(),
            joined: Vec::new(),
        }
    }

    /// The sender says that it will be `bytes` in all, which is a hint and no more.
    pub fn announce(&mut self, bytes: usize) {
        self.announced = bytes;
    }

    /// Bytes collected so far.
    pub fn len(&self) -> usize {
        self.only.len() + self.joined.len()
    }

    /// Whether nothing was collected so far.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds `chunk`.
    ///
    /// # Errors
    /// When the body would have more than `limit` bytes; the chunk is not taken then.
    pub fn push(&mut self, chunk: Bytes) -> Result<(), LimitReached> {
        if chunk.len() > self.limit - self.len() {
            return Err(LimitReached);
        }
        if self.is_empty() {
            self.only = chunk;
            return Ok(());
        }
        self.reserve(self.len() + chunk.len());
        let first = std::mem::take(&mut self.only);
        self.joined.extend_from_slice(&first);
        self.joined.extend_from_slice(&chunk);
        Ok(())
    }

    /// The first `N` bytes, once they have arrived.
    pub fn prefix<const N: usize>(&self) -> Option<[u8; N]> {
        let bytes = if self.joined.is_empty() {
            &self.only[..]
        } else {
            &self.joined[..]
        };
        bytes.first_chunk().copied()
    }

    /// The body.
    pub fn finish(mut self) -> Bytes {
        if self.joined.is_empty() {
            return self.only;
        }
        self.joined.shrink_to_fit();
        self.joined.into()
    }

    fn reserve(&mut self, needed: usize) {
        if needed > self.joined.capacity() {
            let trusted = self.announced.min(needed.saturating_mul(RESERVED_ON_TRUST));
            let wanted = needed.max(self.joined.capacity().saturating_mul(2)).max(trusted);
            self.joined
                .reserve_exact(wanted.min(self.limit) - self.joined.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_body_of_one_chunk_is_not_copied() {
        let chunk = Bytes::from(vec![7; 100]);
        let mut buffer = BodyBuffer::new(100);
        buffer.push(chunk.clone()).unwrap();
        assert_eq!(buffer.finish().as_ptr(), chunk.as_ptr());
    }

    #[test]
    fn a_huge_announcement_alone_reserves_little() {
        let mut buffer = BodyBuffer::new(64 << 20);
        buffer.announce(64 << 20);
        buffer.push(Bytes::from_static(b"a")).unwrap();
        buffer.push(Bytes::from_static(b"b")).unwrap();
        assert_eq!(buffer.joined.capacity(), 2 * RESERVED_ON_TRUST);
    }

    proptest! {
        #[test]
        fn chunks_join_up_to_the_limit(chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..12),
                                       limit in 0_usize..200, announced in 0_usize..400) {
            let mut buffer = BodyBuffer::new(limit);
            buffer.announce(announced);
            let mut expected = Vec::new();
            for chunk in chunks {
                let fits = expected.len() + chunk.len() <= limit;
                prop_assert_eq!(buffer.push(Bytes::from(chunk.clone())), if fits { Ok(()) } else { Err(LimitReached) });
                if fits {
                    expected.extend(chunk);
                }
                prop_assert!(buffer.joined.capacity() <= limit);
                prop_assert_eq!(buffer.prefix::<5>(), expected.first_chunk::<5>().copied());
            }
            prop_assert_eq!(buffer.finish(), expected);
        }
    }
}
