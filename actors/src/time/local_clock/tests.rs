//! What becomes of the time as the wall clock is set, case by case and against a naive model.

use proptest::prelude::*;

use super::super::stamp::Timeline;
use super::*;

const HOUR: i64 = 3_600_000;

/// Both clocks of a machine, and the clock under test.
struct Machine {
    steady: u64,
    wall: i64,
    clock: LocalClock,
}

impl Machine {
    fn new() -> Self {
        let (steady, wall) = (5_000, 1_700_000_000_000);
        Self {
            steady,
            wall,
            clock: LocalClock::new(reading(steady, wall)),
        }
    }

    fn pass(&mut self, milliseconds: u32) {
        self.steady += u64::from(milliseconds);
        self.wall += i64::from(milliseconds);
    }

    fn stamp(&mut self) -> Stamp {
        self.clock.stamp(Duration::from_millis(self.steady))
    }

    fn time(&mut self) -> i64 {
        self.stamp().time.unix_milliseconds()
    }

    /// Sets the wall clock, and the clock by it: by how much that was shifted when it tells of a step.
    fn step(&mut self, by: i64) -> Option<Option<i64>> {
        self.wall += by;
        let step = self.clock.set(reading(self.steady, self.wall))?;
        Some(step.shift.map(TimeShift::milliseconds))
    }
}

fn elapsed(before: Stamp, after: Stamp) -> u64 {
    after.unshifted().milliseconds_since(before.unshifted())
}

fn reading(steady: u64, wall: i64) -> Reading {
    Reading {
        steady: Duration::from_millis(steady),
        wall: PipelineTime::from_unix_milliseconds(wall),
    }
}

#[test]
fn a_clock_that_is_not_set_goes_with_the_steady_one() {
    let mut machine = Machine::new();
    for milliseconds in [0, 1, 99, 3_600_000] {
        machine.pass(milliseconds);
        assert_eq!((machine.step(0), machine.time()), (None, machine.wall));
    }
}

#[test]
fn back_by_up_to_a_minute_holds_the_time_until_the_wall_has_caught_up() {
    let mut machine = Machine::new();
    let begun = machine.time();
    assert_eq!(machine.step(-60_000), Some(None));
    for (passed, time) in [(0, 0), (59_999, 0), (1, 0), (1, 1)] {
        machine.pass(passed);
        assert_eq!((machine.step(0), machine.time() - begun), (None, time));
    }
}

#[test]
fn back_by_more_than_a_minute_shifts_at_once() {
    let mut machine = Machine::new();
    let before = machine.stamp();
    assert_eq!(machine.step(-60_001), Some(Some(-60_001)));
    machine.pass(250);
    let after = machine.stamp();
    assert_eq!(machine.time(), machine.wall);
    assert_eq!(after.since(before), Duration::from_millis(250));
}

#[test]
fn steps_back_that_add_up_to_more_than_a_minute_shift() {
    let mut machine = Machine::new();
    assert_eq!(machine.step(-40_000), Some(None));
    assert_eq!(machine.step(-40_000), Some(Some(-80_000)));
    assert_eq!(machine.time(), machine.wall);
}

#[test]
fn forward_shifts_by_what_the_time_moves() {
    let mut machine = Machine::new();
    assert_eq!(machine.step(HOUR), Some(Some(HOUR)));
    assert_eq!(machine.time(), machine.wall);
    assert_eq!(machine.step(-30_000), Some(None));
    assert_eq!(machine.step(20_000), Some(None), "it still stands");
    assert_eq!(
        machine.step(40_000),
        Some(Some(30_000)),
        "what it stood is not moved"
    );
    assert_eq!(machine.time(), machine.wall);
}

#[test]
fn what_is_less_than_a_tick_is_followed_and_not_told() {
    let mut machine = Machine::new();
    let begun = machine.time();
    assert_eq!((machine.step(100), machine.time() - begun), (None, 100));
    assert_eq!((machine.step(-100), machine.time() - begun), (None, 100));
    assert_eq!(
        (machine.step(201), machine.time() - begun),
        (Some(Some(101)), 201)
    );
}

#[test]
fn a_clock_resumed_before_the_time_it_showed_stands_still_or_goes_back() {
    let at = PipelineTime::from_unix_milliseconds;
    let resumed = |shown: i64, wall: i64| {
        let (steady, wall) = (Duration::from_secs(7), at(wall));
        let mut timeline = Timeline::default();
        let mut clock = LocalClock::resumed(at(shown), Reading { steady, wall });
        let followed = timeline.follow(clock.stamp(steady));
        (
            followed.now.unix_milliseconds(),
            followed.shift.map(TimeShift::milliseconds),
        )
    };
    assert_eq!(resumed(10, HOUR), (HOUR, None), "time has passed");
    assert_eq!(resumed(HOUR + 59_000, HOUR), (HOUR + 59_000, None), "it is held");
    assert_eq!(resumed(3 * HOUR, HOUR), (HOUR, Some(-2 * HOUR)));
}

/// Time that passes, and then by how much the wall clock is set.
fn steps() -> impl Strategy<Value = Vec<(u32, i64)>> {
    let by = prop_oneof![
        Just(0),
        -90_000..90_000_i64,
        -120_i64..120,
        Just(HOUR),
        Just(-HOUR),
        -1_000 * HOUR..1_000 * HOUR,
    ];
    prop::collection::vec((0..40_000_u32, by), 1..40)
}

proptest! {
    /// The naive model knows how long things really take, and what the wall clock shows.
    #[test]
    fn whatever_the_wall_does_nothing_is_early_and_nothing_waits_longer_than_the_clock_stood(
        steps in steps(), wait in 1..60_000_u64,
    ) {
        let (mut machine, mut timeline) = (Machine::new(), Timeline::default());
        let first = timeline.follow(machine.stamp()).now;
        let mut deadline = first + Duration::from_millis(wait);
        let (begun, mut early, mut late) = (machine.steady, 0, 0);
        for (passed, by) in steps {
            let before = machine.stamp();
            machine.pass(passed);
            let told = machine.step(by);
            let after = machine.stamp();
            let ahead = machine.time() - machine.wall;
            prop_assert!((0..=60_000).contains(&ahead), "{} ms ahead of the wall", ahead);

            let followed = timeline.follow(after);
            prop_assert_eq!(followed.shift.map(TimeShift::milliseconds), told.flatten());
            prop_assert_eq!(followed.now, after.time);
            match followed.shift {
                Some(shift) => deadline += shift,
                None => prop_assert!(after.time >= before.time, "it went back within an era"),
            }

            let (really, shown) = (u64::from(passed), elapsed(before, after));
            early += shown.saturating_sub(really);
            late += really.saturating_sub(shown);
            prop_assert!(shown <= really + 100, "{} ms in {} ms", shown, really);
            let is_over = followed.now >= deadline;
            let waited = machine.steady - begun;
            prop_assert!(!is_over || waited + early >= wait, "over after {} of {} ms", waited, wait);
            prop_assert!(is_over || waited < wait + late, "not over after {} of {} ms", waited, wait);
        }
    }
}
