//! When something happens to a series: by the clock, and by the collections, which are numbered.

/// A point in time between two collections, or while one is under way.
///
/// A series remembers which collection was next when it was born, an exemplar which one was when it was observed. So
/// what a collection takes along needs no mark: it is told by the numbers, of live series as well as of frozen ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds since the Unix epoch.
    pub unix_milliseconds: i64,
    /// What is counted by collections.
    pub turn: Turn,
}

/// Which collections begin next and are over, in one number, so that it is handed on to every update for nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turn(u64);

impl Turn {
    /// The collection that begins next is number `next`, and what waited for one before `pending_from` is taken.
    pub fn new(next: u32, pending_from: u32) -> Self {
        Self(u64::from(next) << 32 | u64::from(pending_from))
    }

    /// The number of the collection that begins next.
    #[inline]
    pub fn next_collection(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// What waited for a collection before this one is taken: it lags behind while a collection is under way.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the other half is not wanted")]
    pub fn pending_from(self) -> u32 {
        self.0 as u32
    }

    /// A collection begins; its number.
    pub fn begin_collection(&mut self) -> u32 {
        let number = self.next_collection();
        *self = Self::new(number.saturating_add(1), self.pending_from());
        number
    }

    /// The collection that was under way is over.
    pub fn end_collection(&mut self) {
        *self = Self::new(self.next_collection(), self.next_collection());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_lags_behind_while_a_collection_is_under_way() {
        let mut turn = Turn::new(u32::MAX - 1, u32::MAX - 1);
        assert_eq!(turn.begin_collection(), u32::MAX - 1);
        assert_eq!(
            (turn.next_collection(), turn.pending_from()),
            (u32::MAX, u32::MAX - 1)
        );
        turn.end_collection();
        assert_eq!(turn, Turn::new(u32::MAX, u32::MAX));
    }
}
