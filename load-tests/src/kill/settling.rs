//! Which requests a server has counted after it was killed: those that it must have, and some of those in doubt.

use super::counts::Counts;
use super::load::{Outcome, Sent};

/// Clocks of two processes and times in milliseconds are compared; a request is surely on one side when it is so far off.
const DOUBT_MICROSECONDS: u64 = 5_000;

/// What must have become of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is counted.
    Kept,
    /// It is counted whole, or not at all.
    InDoubt,
    /// It is forgotten.
    Lost,
    /// It was refused, and was never counted.
    Refused,
}

impl Fate {
    /// The fate of `sent` by the last cut, at so many microseconds since the Unix epoch; there may have been none.
    pub(super) fn by_cut(sent: &Sent, cut: Option<u64>) -> Self {
        let Some(cut) = cut else { return Self::Lost };
        match sent.outcome {
            Outcome::Refused => Self::Refused,
            _ if sent.sent > cut + DOUBT_MICROSECONDS => Self::Lost,
            Outcome::Accepted { answered } if answered + DOUBT_MICROSECONDS < cut => Self::Kept,
            Outcome::Accepted { .. } | Outcome::Unknown => Self::InDoubt,
        }
    }

    /// The fate of `sent` where all is kept that was answered.
    pub(super) fn by_answer(sent: &Sent) -> Self {
        match sent.outcome {
            Outcome::Refused => Self::Refused,
            Outcome::Accepted { .. } => Self::Kept,
            Outcome::Unknown => Self::InDoubt,
        }
    }
}

/// Which of `doubtful` add up to `rest` exactly; none when no choice of whole requests does.
pub(super) fn choose(doubtful: &[&Counts], rest: &Counts) -> Option<Vec<bool>> {
    let Some((first, others)) = doubtful.split_first() else {
        return rest.is_empty().then(Vec::new);
    };
    let with = rest.without(first).and_then(|rest| choose(others, &rest));
    let chosen = with.map(|chosen| (true, chosen));
    let (is_in, mut chosen) = chosen.or_else(|| choose(others, rest).map(|chosen| (false, chosen)))?;
    chosen.insert(0, is_in);
    Some(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kill::counts::counts;
    use crate::kill::traffic::Attempt;

    const CUT: u64 = 1_000_000;

    fn fate(sent: u64, outcome: Outcome) -> Fate {
        let attempt = Attempt::default();
        let sent = Sent {
            attempt,
            sent,
            outcome,
        };
        Fate::by_cut(&sent, Some(CUT))
    }

    #[test]
    fn only_what_was_under_way_about_the_cut_is_in_doubt() {
        let accepted = |answered| Outcome::Accepted { answered };
        assert_eq!(fate(900_000, accepted(950_000)), Fate::Kept);
        assert_eq!(fate(900_000, accepted(999_000)), Fate::InDoubt);
        assert_eq!(fate(900_000, Outcome::Unknown), Fate::InDoubt);
        assert_eq!(fate(1_004_000, accepted(1_009_000)), Fate::InDoubt);
        assert_eq!(fate(1_006_000, accepted(1_009_000)), Fate::Lost);
        assert_eq!(fate(1_006_000, Outcome::Unknown), Fate::Lost);
        assert_eq!(fate(900_000, Outcome::Refused), Fate::Refused);
    }

    #[test]
    fn the_requests_that_add_up_are_found_and_parts_of_requests_are_not() {
        let requests = [
            counts(&[("a", 1.0), ("b", 1.0)]),
            counts(&[("b", 2.0)]),
            counts(&[("a", 1.0)]),
        ];
        let doubtful: Vec<_> = requests.iter().collect();
        assert_eq!(
            choose(&doubtful, &counts(&[("a", 1.0), ("b", 2.0)])),
            Some(vec![false, true, true])
        );
        assert_eq!(choose(&doubtful, &counts(&[])), Some(vec![false; 3]));
        assert_eq!(
            choose(&doubtful, &counts(&[("b", 1.0)])),
            None,
            "half a request was kept"
        );
        assert_eq!(choose(&doubtful, &counts(&[("a", 3.0)])), None);
    }
}
