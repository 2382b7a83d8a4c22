//! The clock of this machine: the steady clock plus an offset that follows the wall clock. It reads none itself.

use std::time::Duration;

use super::pipeline_time::{PipelineTime, TimeShift};
use super::stamp::{Era, Stamp};

/// How far the wall clock may be set back for the time to stand still; past it, it goes back too.
pub const HELD: Duration = Duration::from_secs(60);

/// How far the time may be set forward without a shift of deadlines: no further than the timer is exact.
pub const FOLLOWED: Duration = Duration::from_millis(100);

/// What is read of both clocks at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// The steady clock, since any fixed moment.
    pub steady: Duration,
    /// The wall clock.
    pub wall: PipelineTime,
}

/// The time that requests and ticks are stamped with. Within an era it never goes back.
#[derive(Debug)]
pub struct LocalClock {
    /// From the steady clock to the wall clock.
    offset: TimeShift,
    latest: PipelineTime,
    era: Era,
}

/// That the wall clock was set, and what the time did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockStep {
    /// By how much the wall clock was set, beyond what went by on the steady clock.
    pub wall: TimeShift,
    /// By how much the time was shifted, and all deadlines with it; `None` when it stands still for a while instead.
    pub shift: Option<TimeShift>,
}

impl LocalClock {
    /// A clock that begins at `reading`.
    #[must_use]
    pub fn new(reading: Reading) -> Self {
        Self {
            offset: reading.wall.shift_from(steady_time(reading.steady)),
            latest: reading.wall,
            era: Era::default(),
        }
    }

    /// A clock that has shown `shown`, and goes on at `reading`: as if the wall clock was set back, should it be earlier.
    #[must_use]
    pub fn resumed(shown: PipelineTime, reading: Reading) -> Self {
        let mut clock = Self::new(reading);
        clock.latest = clock.latest.max(shown);
        let _ = clock.set(reading);
        clock
    }

    /// The time as the steady clock is at `steady`.
    pub fn stamp(&mut self, steady: Duration) -> Stamp {
        self.latest = self.latest.max(self.running(steady));
        Stamp::new(self.latest, self.era)
    }

    /// Sets the clock by the wall clock; tells when that was set since the last time.
    pub fn set(&mut self, reading: Reading) -> Option<ClockStep> {
        let before = self.stamp(reading.steady).time;
        let wall = reading.wall.shift_from(self.running(reading.steady));
        self.offset = self.offset + wall;
        let shift = needed_shift(before, reading.wall);
        if let Some(shift) = shift {
            self.latest = reading.wall;
            self.era = self.era.after(shift);
        }
        let is_step = shift.is_some() || wall.distance() > FOLLOWED;
        is_step.then_some(ClockStep { wall, shift })
    }

    /// The time when it does not stand still.
    fn running(&self, steady: Duration) -> PipelineTime {
        steady_time(steady) + self.offset
    }
}

fn steady_time(steady: Duration) -> PipelineTime {
    PipelineTime::default() + TimeShift::from(steady)
}

/// The shift of a clock that shows `shown` when the wall clock shows `wall`, unless it can follow or wait for it.
fn needed_shift(shown: PipelineTime, wall: PipelineTime) -> Option<TimeShift> {
    let apart = wall.shift_from(shown);
    let most = if apart.is_back() { HELD } else { FOLLOWED };
    (apart.distance() > most).then_some(apart)
}

#[cfg(test)]
mod tests;
