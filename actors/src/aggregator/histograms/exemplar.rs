//! Exemplars: the trace behind the last observation of a bucket.

use crate::aggregator::series::Moment;

/// The last observation of a bucket, if there is one, and which collection it waits for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exemplar {
    trace_id: [u8; 16],
    seconds: f64,
    /// Milliseconds since the Unix epoch over [`NUMBER_BITS`] of the number of a collection: every bucket has one of these.
    stamp: u64,
}

/// After 4 million collections their numbers come again: once in eight months at most an old exemplar may be sent anew.
const NUMBER_BITS: u32 = 22;
const NUMBER: u64 = (1 << NUMBER_BITS) - 1;

impl Exemplar {
    /// No observation yet.
    pub const NONE: Self = Self {
        trace_id: [0; 16],
        seconds: 0.0,
        stamp: u64::MAX,
    };

    /// An observation that waits for the next collection. The time lies between 1970 and 2109.
    #[inline]
    pub fn new(trace_id: [u8; 16], seconds: f64, moment: Moment) -> Self {
        let time = moment.unix_milliseconds.cast_unsigned();
        let number = u64::from(moment.turn.next_collection()) & NUMBER;
        Self {
            trace_id,
            seconds,
            stamp: time << NUMBER_BITS | number,
        }
    }

    /// The trace's id, what was observed, and when, as [`Self::of_parts`] takes them.
    pub fn parts(&self) -> ([u8; 16], f64, u64) {
        (self.trace_id, self.seconds, self.stamp)
    }

    /// What [`Self::parts`] gave.
    pub fn of_parts(trace_id: [u8; 16], seconds: f64, stamp: u64) -> Self {
        Self {
            trace_id,
            seconds,
            stamp,
        }
    }

    /// Whether there is an observation.
    pub fn is_some(&self) -> bool {
        self.stamp != Self::NONE.stamp
    }

    /// Whether the observation is to be sent by the collection of this number: it was made before that began, or while it
    /// is under way.
    pub fn is_pending(&self, collection: u32) -> bool {
        self.is_some() && self.collections_after(collection) <= 1
    }

    /// Notes that the collection of this number has sent it. Only what was observed while it is under way needs that: it
    /// would wait for the next one.
    pub fn note_sent(&mut self, collection: u32) {
        if self.is_some() && self.collections_after(collection) == 1 {
            self.stamp = self.stamp & !NUMBER | u64::from(collection) & NUMBER;
        }
    }

    /// When it was observed, in milliseconds since the Unix epoch.
    pub fn unix_milliseconds(&self) -> i64 {
        i64::try_from(self.stamp >> NUMBER_BITS).unwrap_or(i64::MAX)
    }

    /// What was observed.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// The trace's id as 32 hexadecimal digits, written into `digits`.
    pub fn trace_id<'a>(&self, digits: &'a mut [u8; 32]) -> &'a str {
        let written = hex::encode_to_slice(self.trace_id, digits);
        written
            .ok()
            .and_then(|()| str::from_utf8(digits).ok())
            .unwrap_or_default()
    }

    /// By how many collections the one that it waits for is later than this one.
    fn collections_after(&self, collection: u32) -> u64 {
        self.stamp.wrapping_sub(u64::from(collection)) & NUMBER
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregator::series::Turn;

    fn moment(unix_milliseconds: i64, next_collection: u32) -> Moment {
        Moment {
            unix_milliseconds,
            turn: Turn::new(next_collection, next_collection),
        }
    }

    #[test]
    fn an_exemplar_is_sent_once_and_known_for_longer() {
        for number in [0, 7, (1 << NUMBER_BITS) - 1, 1 << NUMBER_BITS, u32::MAX - 1] {
            let exemplar = Exemplar::new([0xa5; 16], 0.25, moment(1_700_000_000_123, number));
            assert!(exemplar.is_pending(number), "{number}");
            assert!(!exemplar.is_pending(number + 1), "{number}");
            assert!(exemplar.is_some());
            assert_eq!(exemplar.unix_milliseconds(), 1_700_000_000_123);
            assert_eq!(exemplar.seconds(), 0.25);
        }
        assert!(!Exemplar::NONE.is_some());
        assert!(!Exemplar::NONE.is_pending(0) && !Exemplar::NONE.is_pending(u32::MAX));
    }

    #[test]
    fn what_is_observed_while_a_collection_is_under_way_goes_with_it_or_the_next_and_never_with_both() {
        let under_way = 5;
        let mut exemplar = Exemplar::new([1; 16], 0.5, moment(1_000, under_way + 1));
        assert!(exemplar.is_pending(under_way) && exemplar.is_pending(under_way + 1));
        exemplar.note_sent(under_way);
        assert!(!exemplar.is_pending(under_way + 1));
        assert_eq!(exemplar.unix_milliseconds(), 1_000);
    }

    #[test]
    fn a_trace_id_has_all_its_32_digits() {
        let mut id = [0; 16];
        (id[0], id[15]) = (0x01, 0xff);
        let exemplar = Exemplar::new(id, 0.0, moment(0, 0));
        assert_eq!(
            exemplar.trace_id(&mut [0; 32]),
            "010000000000000000000000000000ff"
        );
    }
}
