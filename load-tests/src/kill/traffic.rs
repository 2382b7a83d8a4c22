//! What is sent, over all lives of the server, and what of it must be counted in the end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::counts::Counts;
use crate::drive::now_unix_nanoseconds;
use crate::traffic::{Expected, Round, RoundAnswers, Stamp};

/// Hands out the requests of one round after the other.
#[derive(Debug)]
pub(super) struct Traffic {
    round: Arc<Round>,
    seed: u64,
    next: Attempt,
    /// When the round of the next request was begun, and for how long it goes on at the most.
    began: Instant,
    longest_round: Duration,
    again: Vec<Attempt>,
    kept: Vec<RoundAnswers>,
    counts: Vec<Counts>,
}

/// A request with its ids and times.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    /// The number of its round.
    round: usize,
    /// Its position among the round's deliveries.
    position: usize,
    stamp: Stamp,
    /// It is counted although nobody knew when it was sent before.
    pub(super) is_counted: bool,
}

impl Traffic {
    /// Ids follow from `seed`. A round that is not sent within `longest_round` is given up, so that its halves are not too far apart to
    /// meet.
    pub(super) fn new(round: Round, seed: u64, longest_round: Duration) -> Self {
        Self {
            counts: Counts::of_deliveries(&round),
            round: Arc::new(round),
            seed,
            next: Attempt::of_round(0, seed),
            began: Instant::now(),
            longest_round,
            again: Vec::new(),
            kept: Vec::new(),
        }
    }

    /// What is to be sent next: what was not taken before, or something new.
    pub(super) fn next(&mut self) -> Attempt {
        if let Some(again) = self.again.pop() {
            return again;
        }
        let is_sent = self.next.position == self.round.deliveries().len();
        if is_sent || self.began.elapsed() > self.longest_round {
            self.next = Attempt::of_round(self.next.round + 1, self.seed);
            self.began = Instant::now();
        }
        let attempt = self.next;
        self.next.position += 1;
        attempt
    }

    /// Its bytes.
    pub(super) fn request(&self, attempt: &Attempt) -> Vec<u8> {
        let delivery = self.round.deliveries().get(attempt.position);
        let template = delivery.and_then(|delivery| self.round.template(delivery.request));
        template
            .map(|template| template.stamped(&attempt.stamp))
            .unwrap_or_default()
    }

    /// The spans in it.
    pub(super) fn counts(&self, attempt: &Attempt) -> Option<&Counts> {
        self.counts.get(attempt.position)
    }

    /// It was not taken, and is sent again.
    pub(super) fn repeat(&mut self, attempt: Attempt) {
        self.again.push(attempt);
    }

    /// It is counted, and stays so.
    pub(super) fn keep(&mut self, attempt: &Attempt) {
        while self.kept.len() <= attempt.round {
            self.kept.push(RoundAnswers::none(&self.round));
        }
        if let Some(round) = self.kept.get_mut(attempt.round) {
            round.accept(attempt.position);
        }
    }

    /// What must come of all that is counted, once nothing waits any more.
    pub(super) fn expected(&self) -> Expected {
        Expected::of(&self.round, &self.kept)
    }
}

impl Attempt {
    fn of_round(round: usize, seed: u64) -> Self {
        Self {
            round,
            position: 0,
            stamp: Stamp::of_round(seed, round as u64, now_unix_nanoseconds()),
            is_counted: false,
        }
    }
}

#[cfg(test)]
impl Default for Attempt {
    fn default() -> Self {
        Self::of_round(0, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::Shape;

    #[test]
    fn what_was_not_taken_comes_again_before_anything_new_with_the_same_bytes() {
        let shape = Shape {
            services: 3,
            ..Shape::default()
        };
        let mut traffic = Traffic::new(Round::new(&shape).unwrap(), 1, Duration::MAX);
        let first = traffic.next();
        let bytes = traffic.request(&first);
        traffic.repeat(first);
        let again = traffic.next();
        assert!(!bytes.is_empty() && traffic.request(&again) == bytes);
        let second = traffic.next();
        assert!(traffic.request(&second) != bytes);
    }

    #[test]
    fn a_round_that_lasts_for_too_long_is_given_up() {
        let shape = Shape {
            services: 3,
            ..Shape::default()
        };
        let mut traffic = Traffic::new(Round::new(&shape).unwrap(), 1, Duration::ZERO);
        let rounds = [(); 3].map(|()| traffic.next().round);
        assert!(rounds.is_sorted_by(|one, next| one < next), "{rounds:?}");
    }

    #[test]
    fn only_what_is_kept_is_expected_also_of_later_rounds() {
        let shape = Shape {
            services: 3,
            ..Shape::default()
        };
        let round = Round::new(&shape).unwrap();
        let requests = round.deliveries().len();
        let mut traffic = Traffic::new(round, 1, Duration::MAX);
        let attempts: Vec<_> = (0..2 * requests).map(|_| traffic.next()).collect();
        let kept = [&attempts[1], &attempts[requests + 2]];
        kept.iter().for_each(|attempt| traffic.keep(attempt));
        let spans = kept
            .iter()
            .map(|attempt| traffic.counts(attempt).unwrap().spans());
        assert_eq!(traffic.expected().spans as f64, spans.sum::<f64>());
    }
}
