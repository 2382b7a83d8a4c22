//! The clock that the pipeline is stamped by: live, or replaying.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::local_clock::{ClockStep, LocalClock, Reading};
use super::pipeline_time::{PipelineTime, TimeShift};
use super::replaying_clock::ReplayingClock;
use super::stamp::Stamp;

/// What is read of two clocks with more than this between is not of one moment: the thread was interrupted.
const ONE_MOMENT: Duration = Duration::from_millis(10);

/// Tells the pipeline's time; clones tell the same.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Clockwork>);

/// Reads the clocks of this machine; nothing else in the pipeline does for what decides about spans.
#[derive(Debug)]
struct Clockwork {
    /// The steady clock is read as what went by since then.
    begun: Instant,
    kind: Mutex<Kind>,
}

#[derive(Debug)]
enum Kind {
    Live(LocalClock),
    Replaying(ReplayingClock),
}

impl Clock {
    /// The clock of this machine.
    #[must_use]
    pub fn live() -> Self {
        Self::from(|reading| Kind::Live(LocalClock::new(reading)))
    }

    /// A clock that shows `time`, until it is set by records, and then [goes live](Self::go_live).
    #[must_use]
    pub fn replaying(time: PipelineTime) -> Self {
        Self::from(|_| Kind::Replaying(ReplayingClock::new(time)))
    }

    fn from(kind: impl FnOnce(Reading) -> Kind) -> Self {
        let reading = Reading {
            steady: Duration::ZERO,
            wall: wall(),
        };
        Self(Arc::new(Clockwork {
            begun: Instant::now(),
            kind: Mutex::new(kind(reading)),
        }))
    }

    /// A stamp of this moment.
    #[must_use]
    pub fn now(&self) -> Stamp {
        // The steady clock is read under the lock, so that who comes later gets the later time.
        match &mut *self.0.locked() {
            Kind::Live(live) => live.stamp(self.0.begun.elapsed()),
            Kind::Replaying(replaying) => replaying.time().into(),
        }
    }

    /// Sets a live clock by the wall clock, and tells when that was set since the last time. Once a tick is enough.
    pub fn set_by_wall(&self) -> Option<ClockStep> {
        let reading = self.0.read()?;
        match &mut *self.0.locked() {
            Kind::Live(live) => live.set(reading),
            Kind::Replaying(_) => None,
        }
    }

    /// Lets a replaying clock go on to `time`, which a clock of this machine has shown once, whatever the wall clock shows
    /// now; a live one does not mind. What it shows then.
    pub fn advance(&self, time: PipelineTime) -> Stamp {
        if let Kind::Replaying(replaying) = &mut *self.0.locked() {
            replaying.advance(time);
        }
        self.now()
    }

    /// What the wall clock shows, whatever sets this one.
    #[must_use]
    pub fn wall(&self) -> PipelineTime {
        wall()
    }

    /// Whether it is set by records.
    #[must_use]
    pub fn is_replaying(&self) -> bool {
        matches!(&*self.0.locked(), Kind::Replaying(_))
    }

    /// The records are at their end: from now on it is the clock of this machine. Should the wall clock show an earlier time
    /// than the last record, that is as if it was set back now.
    pub fn go_live(&self) {
        let mut kind = self.0.locked();
        if let Kind::Replaying(replaying) = &*kind {
            let reading = Reading {
                steady: self.0.begun.elapsed(),
                wall: wall(),
            };
            *kind = Kind::Live(LocalClock::resumed(replaying.time(), reading));
        }
    }
}

impl Clockwork {
    /// Both clocks at one moment; none when they could not be read so.
    fn read(&self) -> Option<Reading> {
        let before = self.begun.elapsed();
        let wall = wall();
        let steady = self.begun.elapsed();
        (steady.saturating_sub(before) <= ONE_MOMENT).then_some(Reading { steady, wall })
    }

    /// A clock is whole after every step, so nothing is amiss after a panic elsewhere.
    fn locked(&self) -> MutexGuard<'_, Kind> {
        self.kind.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wall() -> PipelineTime {
    let shift = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(after) => TimeShift::from(after),
        Err(before) => -TimeShift::from(before.duration()),
    };
    PipelineTime::default() + shift
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_live_clock_shows_the_wall_clock_and_goes_forward() {
        let clock = Clock::live();
        let apart = |stamp: Stamp| wall().shift_from(stamp.time).distance();
        let first = clock.now();
        assert!(apart(first) < Duration::from_secs(5));
        while clock.now().since(first) < Duration::from_millis(20) {
            std::hint::spin_loop();
        }
        assert_eq!(clock.set_by_wall(), None);
        assert!(apart(clock.now()) < Duration::from_secs(5));
    }

    #[test]
    fn clones_of_a_replaying_clock_are_set_by_the_same_records() {
        let at = PipelineTime::from_unix_milliseconds;
        let clock = Clock::replaying(at(10));
        let other = clock.clone();
        assert_eq!(other.advance(at(12)), at(12).into());
        assert_eq!(other.advance(at(11)), at(12).into());
        assert_eq!((clock.now(), clock.set_by_wall()), (at(12).into(), None));
        assert!(clock.is_replaying());
    }

    #[test]
    fn a_record_of_a_clock_that_was_ahead_is_shown_as_it_was_stamped() {
        let tomorrow = wall() + Duration::from_secs(86_400);
        let clock = Clock::replaying(wall());
        assert_eq!(clock.advance(tomorrow).time, tomorrow);
        clock.go_live();
        let now = clock.now();
        assert!(
            now.time < tomorrow && now.since(tomorrow.into()) < Duration::from_secs(5),
            "it is shifted back"
        );
    }

    #[test]
    fn a_replaying_clock_that_goes_live_shows_the_wall_clock() {
        let clock = Clock::replaying(PipelineTime::from_unix_milliseconds(10));
        clock.go_live();
        assert!(!clock.is_replaying());
        assert!(wall().shift_from(clock.now().time).distance() < Duration::from_secs(5));
    }
}
