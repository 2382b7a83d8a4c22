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
pub struct Clock(Arc<Kind>);

#[derive(Debug)]
enum Kind {
    Live(LiveClock),
    Replaying(Mutex<ReplayingClock>),
}

/// Reads the clocks of this machine; nothing else in the pipeline does for what decides about spans.
#[derive(Debug)]
struct LiveClock {
    /// The steady clock is read as what went by since then.
    begun: Instant,
    clock: Mutex<LocalClock>,
}

impl Clock {
    /// The clock of this machine.
    #[must_use]
    pub fn live() -> Self {
        Self(Arc::new(Kind::Live(LiveClock::new())))
    }

    /// A clock that shows `time`, until it is set by records.
    #[must_use]
    pub fn replaying(time: PipelineTime) -> Self {
        Self(Arc::new(Kind::Replaying(Mutex::new(ReplayingClock::new(time)))))
    }

    /// A stamp of this moment.
    #[must_use]
    pub fn now(&self) -> Stamp {
        match &*self.0 {
            Kind::Live(live) => live.now(),
            Kind::Replaying(replaying) => locked(replaying).time().into(),
        }
    }

    /// Sets a live clock by the wall clock, and tells when that was set since the last time. Once a tick is enough.
    pub fn set_by_wall(&self) -> Option<ClockStep> {
        match &*self.0 {
            Kind::Live(live) => live.set_by_wall(),
            Kind::Replaying(_) => None,
        }
    }

    /// Sets a replaying clock by a record that says it is of `recorded`, read as the wall clock shows `wall`; a live one
    /// does not mind. The record's stamp.
    pub fn stamp(&self, recorded: PipelineTime, wall: PipelineTime) -> Stamp {
        match &*self.0 {
            Kind::Live(live) => live.now(),
            Kind::Replaying(replaying) => locked(replaying).stamp(recorded, wall).into(),
        }
    }
}

impl LiveClock {
    fn new() -> Self {
        let begun = Instant::now();
        let reading = Reading {
            steady: Duration::ZERO,
            wall: wall(),
        };
        Self {
            begun,
            clock: Mutex::new(LocalClock::new(reading)),
        }
    }

    fn now(&self) -> Stamp {
        // The steady clock is read under the lock, so that who comes later gets the later time.
        let mut clock = locked(&self.clock);
        clock.stamp(self.begun.elapsed())
    }

    fn set_by_wall(&self) -> Option<ClockStep> {
        let before = self.begun.elapsed();
        let wall = wall();
        let steady = self.begun.elapsed();
        if steady.saturating_sub(before) > ONE_MOMENT {
            return None;
        }
        locked(&self.clock).set(Reading { steady, wall })
    }
}

fn wall() -> PipelineTime {
    let shift = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(after) => TimeShift::from(after),
        Err(before) => -TimeShift::from(before.duration()),
    };
    PipelineTime::default() + shift
}

/// A clock is whole after every step, so nothing is amiss after a panic elsewhere.
fn locked<T>(clock: &Mutex<T>) -> MutexGuard<'_, T> {
    clock.lock().unwrap_or_else(PoisonError::into_inner)
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
        assert_eq!(other.stamp(at(12), at(100)), at(12).into());
        assert_eq!((clock.now(), clock.set_by_wall()), (at(12).into(), None));
    }
}
