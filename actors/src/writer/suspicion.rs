//! Decides whether an endpoint is in trouble, or fails at what one request carries.
//!
//! A request that fails more often than chance explains, while others succeed, is cut, and its pieces are sent apart. Those
//! that are healthy arrive, so that in the end the series that is the cause stands alone, and is dropped once its failures
//! are no chance for certain: a store that is overloaded fails at anything, now and then or nearly always. While nothing
//! else succeeds nothing is dropped, since the endpoint may be down; one request is cut all the same, to find out.

use hashbrown::HashMap;

use super::chance::{Confidence, FirstAttempts};

/// How often a whole request must fail before its content is suspected.
const PATIENCE: u32 = 3;
/// So often something else must be taken before a further failure of a series that stands alone: after one such success an
/// outage may have begun, in which everything fails.
const CONFIRMED: u32 = 2;
/// How often a series that stands alone must fail before it is dropped …
const ALONE: u32 = 5;
/// … and how often it must have failed together with what it was cut from.
const ALTOGETHER: u32 = 10;
/// A request is cut when it is no likelier than this that its failures are chance. With less than a half, a store that
/// fails at random gets fewer pieces with every cut, and not more.
const CUT_BELOW: f64 = 0.4;
/// … or when it failed so often although chance may explain it: it may hold up all that would show otherwise.
const STALLED: u32 = 30;
/// A series is dropped when it is no likelier than this that its failures are chance.
const DROP_BELOW: f64 = 1e-4;
/// … and one that was bad before when it is no likelier than this.
const STILL_BAD_BELOW: f64 = 0.01;
/// After so many refusals in a row within one request, the rest of a piece is refused whole: most of it seems to be bad.
const REFUSALS_IN_A_ROW: u32 = 32;
/// No request costs more refusals than this, however its bad samples are spread.
const REFUSALS: u32 = 256;

/// What a request has gone through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trial {
    /// The number of the request that it was cut from, its own when it is whole.
    pub(super) line: u64,
    /// How often it was cut until it was what it is.
    pub(super) depth: u32,
    /// It holds a series that was found to be bad before, alone.
    pub(super) is_known_bad: bool,
    /// When it, or the whole that it was cut from, was made, as an event of [`Suspicion`].
    made: u64,
    /// How often it failed.
    tries: u32,
    /// How often it and what it was cut from failed.
    failures: u32,
    /// When it, or what it was cut from, failed last.
    last_failure: u64,
    /// How often it failed after something else was taken since its failure before: an outage confirms nothing.
    confirmed: u32,
}

/// What is to be done with a request that was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Send it again after a pause.
    Again,
    /// Send it again after a short pause: others succeed, and more attempts tell whether it is to blame.
    Soon,
    /// Cut it, and send the pieces.
    Cut,
    /// Cut it, and send the pieces after pauses as long as its own: nothing else succeeds.
    Probe,
    /// Drop it.
    Drop,
    /// Drop it: it is one series, and to blame.
    Convict,
}

/// What is known of the requests to an endpoint; pure: events stand for times.
#[derive(Debug, Default)]
pub(super) struct Suspicion {
    events: u64,
    last_success: u64,
    /// When something failed that nothing was suspected of.
    last_trouble: u64,
    first_attempts: FirstAttempts,
    /// The requests that have failed, by number.
    lines: HashMap<u64, Line>,
    /// The request that is cut although nothing else succeeds.
    probe: Option<u64>,
}

#[derive(Debug)]
struct Line {
    first_failure: u64,
    pieces: u32,
    refusals: u32,
    refusals_in_a_row: u32,
    /// It was cut as far as it can be while nothing else succeeded.
    is_probed: bool,
}

/// What bounds retries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// How often a request that the endpoint failed at, whatever the cause, is tried again before it is dropped; `None`
    /// means for ever.
    pub most: Option<usize>,
    /// The same for failures that can lie in the request.
    pub most_at_content: Option<usize>,
    /// Whether a request may be cut while nothing else succeeds.
    pub probes: bool,
}

impl Trial {
    fn tries_exceed(&self, most: usize) -> bool {
        usize::try_from(self.tries).is_ok_and(|tries| tries > most)
    }

    /// Whether the request itself may be the cause of its failures.
    pub(super) fn is_suspected(&self) -> bool {
        self.depth > 0 || self.is_known_bad || self.tries >= PATIENCE
    }
}

impl Suspicion {
    /// A whole request with that number.
    pub(super) fn whole(&self, number: u64) -> Trial {
        Trial {
            line: number,
            depth: 0,
            is_known_bad: false,
            made: self.events,
            tries: 0,
            failures: 0,
            last_failure: self.events,
            confirmed: 0,
        }
    }

    /// A request that holds nothing but a series that was bad before.
    pub(super) fn known_bad(&self, number: u64) -> Trial {
        Trial {
            is_known_bad: true,
            ..self.whole(number)
        }
    }

    /// One of the two pieces that `trial` was cut into.
    pub(super) fn piece_of(trial: &Trial) -> Trial {
        Trial {
            depth: trial.depth + 1,
            tries: 0,
            confirmed: 0,
            ..*trial
        }
    }

    /// The endpoint took a request.
    pub(super) fn succeeded(&mut self, trial: &Trial) {
        self.events += 1;
        self.last_success = self.events;
        self.probe = None;
        if trial.tries == 0 && !trial.is_known_bad {
            self.first_attempts.note(true);
        }
        if let Some(line) = self.lines.get_mut(&trial.line) {
            line.refusals_in_a_row = 0;
        }
    }

    /// There was no answer, or one that says nothing of the request.
    pub(super) fn troubled(&mut self) {
        self.events += 1;
        self.last_trouble = self.events;
    }

    /// The endpoint failed for a cause that is not in the request: it is dropped when it was tried as often as `retries`
    /// allow.
    pub(super) fn failed_by_itself(&mut self, trial: &mut Trial, retries: Retries) -> Next {
        self.troubled();
        trial.tries += 1;
        if retries.most.is_some_and(|most| trial.tries_exceed(most)) {
            Next::Drop
        } else {
            Next::Again
        }
    }

    /// The endpoint failed at a request, of one series of one collection when it `is_one`.
    pub(super) fn failed(&mut self, trial: &mut Trial, is_one: bool, retries: Retries) -> Next {
        self.events += 1;
        if trial.tries == 0 && !trial.is_known_bad {
            self.first_attempts.note(false);
        }
        trial.tries += 1;
        trial.failures += 1;
        let is_confirmed = self.last_success > trial.last_failure;
        trial.confirmed += u32::from(is_confirmed);
        trial.last_failure = self.events;
        let first_failure = self.line(trial).first_failure;
        let since = if trial.is_known_bad {
            trial.made
        } else {
            first_failure
        };
        let others_succeed = self.last_success > since.max(self.last_trouble);
        let most = retries.most_at_content;
        let is_exhausted = most.is_some_and(|most| trial.tries_exceed(most));
        if !trial.is_suspected() && !is_exhausted {
            self.last_trouble = self.events;
            return Next::Again;
        }
        match (is_one, others_succeed) {
            (true, true) if self.is_to_blame(trial) => Next::Convict,
            (false, true) if is_exhausted || trial.tries >= STALLED || self.is_no_chance(trial) => Next::Cut,
            (_, false) if retries.probes && self.may_probe(trial, is_one) => Next::Probe,
            _ if is_exhausted => Next::Drop,
            (true, true) if is_confirmed => Next::Soon,
            _ => Next::Again,
        }
    }

    fn is_no_chance(&self, trial: &Trial) -> bool {
        let attempts = &self.first_attempts;
        attempts.chance_of_failures(trial.tries, Confidence::Likely) < CUT_BELOW
    }

    fn is_to_blame(&self, trial: &Trial) -> bool {
        let chance = |times, confidence| self.first_attempts.chance_of_failures(times, confidence);
        if trial.is_known_bad {
            return chance(trial.tries, Confidence::Likely) < STILL_BAD_BELOW;
        }
        trial.confirmed >= CONFIRMED
            && trial.tries >= ALONE
            && trial.failures >= ALTOGETHER
            && chance(trial.tries, Confidence::Sure) < DROP_BELOW
    }

    /// The endpoint says that it will never take something that is in a request.
    pub(super) fn refused(&mut self, trial: &Trial, is_one: bool) -> Next {
        self.events += 1;
        let line = self.line(trial);
        line.refusals += 1;
        line.refusals_in_a_row += 1;
        if is_one || line.refusals_in_a_row > REFUSALS_IN_A_ROW || line.refusals > REFUSALS {
            Next::Drop
        } else {
            Next::Cut
        }
    }

    /// A request was cut into two.
    pub(super) fn was_cut(&mut self, trial: &Trial) {
        self.line(trial).pieces += 1;
    }

    /// A request ended, however it did.
    pub(super) fn ended(&mut self, trial: &Trial) {
        let Some(line) = self.lines.get_mut(&trial.line) else {
            return;
        };
        line.pieces = line.pieces.saturating_sub(1);
        if line.pieces == 0 {
            self.lines.remove(&trial.line);
            self.probe = self.probe.filter(|probe| *probe != trial.line);
        }
    }

    /// Only the smallest piece is cut further while nothing succeeds, and only of one request after the other: so a store
    /// that is down for long gets a dozen pieces of a request, and not every series alone.
    fn may_probe(&mut self, trial: &Trial, is_one: bool) -> bool {
        let line = self.line(trial);
        let is_smallest = trial.depth + 1 == line.pieces;
        if !is_smallest || line.is_probed {
            return false;
        }
        line.is_probed = is_one;
        let is_probe = *self.probe.get_or_insert(trial.line) == trial.line;
        if is_probe && is_one {
            self.probe = None;
        }
        is_probe && !is_one
    }

    fn line(&mut self, trial: &Trial) -> &mut Line {
        self.lines.entry(trial.line).or_insert(Line {
            first_failure: self.events,
            pieces: 1,
            refusals: 0,
            refusals_in_a_row: 0,
            is_probed: false,
        })
    }
}

#[cfg(test)]
mod tests;
