//! What an actor does in one go, between two messages, and how long the longest of each kind took.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What a message or a chore has an actor do. Nobody else on its thread has a turn meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Takes what came by a mailbox: requests, halves, edges, updates, samples.
    Apply,
    /// A slice of a collection.
    Collect,
    /// Takes the image of a cut.
    Freeze,
    /// Writes a slice of a page to scrape.
    Expose,
    /// Tells pages what there is.
    Describe,
    /// Takes on new settings.
    Reconfigure,
    /// Gives up what waited too long.
    Expire,
    /// Everything else.
    Other,
}

/// The longest turn of each kind; recorded by one actor, read by anybody.
#[derive(Debug, Default)]
pub(super) struct LongestMeter([AtomicU64; Turn::ALL.len()]);

/// How long the longest turn of each kind took; none of kinds that there were none of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LongestTurns([Duration; Turn::ALL.len()]);

impl Turn {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::Apply,
        Self::Collect,
        Self::Freeze,
        Self::Expose,
        Self::Describe,
        Self::Reconfigure,
        Self::Expire,
        Self::Other,
    ];

    /// The kind as a label's value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Collect => "collect",
            Self::Freeze => "freeze",
            Self::Expose => "expose",
            Self::Describe => "describe",
            Self::Reconfigure => "reconfigure",
            Self::Expire => "expire",
            Self::Other => "other",
        }
    }

    fn place(self) -> usize {
        self as usize
    }
}

impl LongestMeter {
    /// Notes that a turn took so many nanoseconds.
    pub(super) fn note(&self, turn: Turn, nanoseconds: u64) {
        // Only its actor writes, so what is read stays until it is written.
        if let Some(longest) = self.0.get(turn.place())
            && longest.load(Ordering::Relaxed) < nanoseconds
        {
            longest.store(nanoseconds, Ordering::Relaxed);
        }
    }

    /// The longest so far.
    pub(super) fn read(&self) -> LongestTurns {
        let read = |longest: &AtomicU64| Duration::from_nanos(longest.load(Ordering::Relaxed));
        LongestTurns(self.0.each_ref().map(read))
    }
}

impl LongestTurns {
    /// The kinds of which there were turns, and the longest of each.
    pub fn each(&self) -> impl Iterator<Item = (Turn, Duration)> + '_ {
        let turns = Turn::ALL.into_iter().zip(self.0);
        turns.filter(|(_, longest)| !longest.is_zero())
    }

    /// Takes in what another actor has recorded.
    pub fn add(&mut self, other: &Self) {
        for (longest, other) in self.0.iter_mut().zip(other.0) {
            *longest = other.max(*longest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_turn_of_each_kind_is_kept_and_kinds_without_any_are_left_out() {
        let meters = [LongestMeter::default(), LongestMeter::default()];
        meters[0].note(Turn::Collect, 3_000);
        meters[0].note(Turn::Collect, 2_000);
        meters[1].note(Turn::Collect, 1_000);
        meters[1].note(Turn::Other, 7_000);
        let mut all = meters[0].read();
        all.add(&meters[1].read());
        let expected = [(Turn::Collect, 3), (Turn::Other, 7)];
        let expected = expected.map(|(turn, micros)| (turn, Duration::from_micros(micros)));
        assert_eq!(all.each().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn each_kind_has_a_place_of_its_own() {
        for (place, turn) in Turn::ALL.into_iter().enumerate() {
            assert_eq!(turn.place(), place, "{turn:?}");
        }
    }
}
