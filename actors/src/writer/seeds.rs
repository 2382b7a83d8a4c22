//! Decides how often and how long the seeds of one request are tried: a seed is an extra that must not hold up values.
//!
//! A store takes a request whole or not at all. So what it does not take is tried again in halves, until the seeds that
//! are the cause are alone.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::counts::Counts;
use super::halves::halves;
use super::lanes::under_way::bit;
use super::request::{Part, body_of};

/// How long the seeds of a request are tried, from the first attempt that reached the endpoint: a third of the usual
/// collection interval, and longer than a store that works takes.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// The most requests that are made of one; enough for all the seeds of a few label sets among 2,000 others.
const MOST_REQUESTS: u32 = 128;

/// How often the endpoint may fail in a row before it has taken any: then it is the endpoint, not a seed.
const MOST_FAILURES: u32 = 6;

/// As how many failures a time-out counts, which costs more time than any.
const FAILURES_OF_TIMEOUT: u32 = 3;

/// How often the endpoint may ask in answer to seeds to be left alone; it pauses for all, so it is no sign of a bad seed.
const MOST_PAUSES: u32 = 3;

/// How often a seed may be in a request that the endpoint failed at, once it is alone.
const MOST_FAILURES_ALONE: u32 = 3;

/// The seeds of one request that are not yet taken, refused or given up.
#[derive(Debug)]
pub(super) struct SeedTrials {
    waiting: VecDeque<Trial>,
    requests: u32,
    failures: u32,
    pauses: u32,
    is_any_taken: bool,
    deadline: Option<Instant>,
}

/// Seeds that are tried together.
#[derive(Debug)]
struct Trial {
    parts: Vec<Part>,
    failures: u32,
}

/// What is to be sent next.
#[derive(Debug)]
pub(super) struct Attempt {
    /// The body of the request.
    pub(super) body: Bytes,
    /// How long the answer is waited for.
    pub(super) patience: Duration,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trying {
    /// The endpoint took it.
    Taken,
    /// The endpoint refused it for what is in it.
    Refused,
    /// The endpoint refused it, and will refuse every other one.
    RefusedAll,
    /// The endpoint failed.
    Failed,
    /// The endpoint did not answer in time.
    TimedOut,
    /// The endpoint asked to be left alone.
    Paused,
    /// Nothing reached the endpoint.
    Unreached,
}

impl SeedTrials {
    /// All seeds of `parts`, to be tried together.
    pub(super) fn new(parts: Vec<Part>) -> Self {
        Self {
            waiting: VecDeque::from([Trial { parts, failures: 0 }]),
            requests: 0,
            failures: 0,
            pauses: 0,
            is_any_taken: false,
            deadline: None,
        }
    }

    /// The next attempt, which begins at `now`; `None` when all is decided.
    pub(super) fn begin(&mut self, now: Instant) -> Option<Attempt> {
        let trial = self.waiting.front()?;
        let deadline = *self.deadline.get_or_insert(now + PATIENCE);
        Some(Attempt {
            body: body_of(&trial.parts),
            patience: deadline.saturating_duration_since(now),
        })
    }

    /// The seeds of the next attempt.
    pub(super) fn counts(&self) -> Counts {
        self.waiting.front().map_or_else(Counts::default, Trial::counts)
    }

    /// Notes how the attempt ended at `now`, and returns the seeds that are not tried any more because of it.
    pub(super) fn end(&mut self, trying: Trying, now: Instant) -> Counts {
        if matches!(trying, Trying::Unreached | Trying::Paused) {
            self.deadline = None;
            self.pauses += u32::from(trying == Trying::Paused);
            return if self.pauses < MOST_PAUSES {
                Counts::default()
            } else {
                self.give_up()
            };
        }
        let Some(trial) = self.waiting.pop_front() else {
            return Counts::default();
        };
        self.requests += 1;
        let mut given_up = Counts::default();
        match trying {
            Trying::Taken => (self.failures, self.is_any_taken) = (0, true),
            Trying::Refused => given_up += self.halve(trial, 0),
            Trying::Failed => given_up += self.fail(trial, 1),
            Trying::TimedOut => given_up += self.fail(trial, FAILURES_OF_TIMEOUT),
            Trying::RefusedAll => {
                given_up += trial.counts();
                given_up += self.give_up();
            }
            Trying::Unreached | Trying::Paused => {}
        }
        if self.is_enough(now) {
            given_up += self.give_up();
        }
        given_up
    }

    /// Gives up all that is left.
    pub(super) fn give_up(&mut self) -> Counts {
        let mut left = Counts::default();
        self.waiting.drain(..).for_each(|trial| left += trial.counts());
        left
    }

    /// Takes out the seeds that were collected before `oldest`, in milliseconds since the Unix epoch.
    pub(super) fn drop_older_than(&mut self, oldest: i64) -> Counts {
        let mut dropped = Counts::default();
        for trial in &mut self.waiting {
            trial.parts.retain(|part| {
                let keep = part.collected_unix_milliseconds >= oldest;
                if !keep {
                    dropped += part.counts();
                }
                keep
            });
        }
        self.waiting.retain(|trial| !trial.parts.is_empty());
        dropped
    }

    /// Whether the endpoint itself seems to fail at seeds at `now`, whatever they are.
    pub(super) fn is_endpoint_failing(&self, now: Instant) -> bool {
        let is_long = self.failures > 0 && self.left(now).is_zero();
        let is_often = self.failures >= MOST_FAILURES || self.pauses >= MOST_PAUSES;
        !self.is_any_taken && (is_long || is_often)
    }

    /// The lanes of all that is left.
    pub(super) fn lanes(&self) -> u64 {
        let parts = self.waiting.iter().flat_map(|trial| &trial.parts);
        parts.fold(0, |lanes, part| lanes | bit(part.lane))
    }

    /// How long they may still be tried.
    pub(super) fn left(&self, now: Instant) -> Duration {
        self.deadline
            .map_or(PATIENCE, |deadline| deadline.saturating_duration_since(now))
    }

    fn fail(&mut self, trial: Trial, times: u32) -> Counts {
        self.failures += times;
        self.halve(trial, MOST_FAILURES_ALONE)
    }

    /// The halves come after what waits already: so the first that is taken comes soon, if any is.
    fn halve(&mut self, trial: Trial, most_failures_alone: u32) -> Counts {
        let failures = trial.failures + 1;
        match halves(&trial.parts) {
            Some(halves) => {
                let halves = halves.map(|parts| Trial { parts, failures });
                self.waiting.extend(halves);
                Counts::default()
            }
            None if failures < most_failures_alone => {
                self.waiting.push_back(Trial { failures, ..trial });
                Counts::default()
            }
            None => trial.counts(),
        }
    }

    fn is_enough(&self, now: Instant) -> bool {
        self.is_endpoint_failing(now) || self.requests >= MOST_REQUESTS || self.left(now).is_zero()
    }
}

impl Trial {
    fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        self.parts.iter().for_each(|part| counts += part.counts());
        counts
    }
}

#[cfg(test)]
mod tests;
