//! What a second core gave, held against the goal.

use std::fmt;

use serde::Serialize;

use super::options::ParallelOptions;
use crate::drive::Transport;
use crate::goal::{Bound, Goal, GoalLines};

/// Throughput with two cores over that with one.
const GOAL: f64 = 1.7;

/// Everything that one call measured.
#[derive(Clone, Debug, Serialize)]
pub struct ParallelReport {
    /// How it was sent.
    pub transport: Transport,
    /// How large spans are, about, in bytes.
    pub span_bytes: u32,
    /// The single turns.
    pub repeats: Vec<Repeat>,
    /// Throughput with two cores over that with one, of the core time that others left; the median of all turns.
    pub speedup: f64,
    /// The same as the clock on the wall says, others included.
    pub wall_speedup: f64,
    /// What two cores give over one for work that shares nothing.
    pub ceiling: f64,
    /// What was to be reached.
    pub goals: Vec<Goal>,
}

/// One turn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Repeat {
    /// Server and sender on one core.
    pub one: CoreRun,
    /// Both on two.
    pub two: CoreRun,
    /// What two cores gave over one for work that shares nothing.
    pub ceiling: f64,
}

/// One measurement.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CoreRun {
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Spans that were accepted.
    pub spans: u64,
    /// CPU seconds of the server.
    pub server_cpu_seconds: f64,
    /// CPU seconds of the sender.
    pub sender_cpu_seconds: f64,
    /// Seconds that the cores had nothing to do, added up.
    pub idle_seconds: f64,
}

impl CoreRun {
    /// Spans for each second of core time that was there to be used: what other programs took was not.
    #[must_use]
    pub fn spans_per_core_second(&self) -> f64 {
        let there = self.server_cpu_seconds + self.sender_cpu_seconds + self.idle_seconds;
        self.spans as f64 / there.max(1e-9)
    }

    fn spans_per_second(&self) -> f64 {
        self.spans as f64 / self.seconds.max(1e-9)
    }

    fn microseconds(&self, cpu_seconds: f64) -> f64 {
        cpu_seconds * 1e6 / self.spans.max(1) as f64
    }
}

impl Repeat {
    fn speedup(&self) -> f64 {
        2.0 * self.two.spans_per_core_second() / self.one.spans_per_core_second()
    }

    fn wall_speedup(&self) -> f64 {
        self.two.spans_per_second() / self.one.spans_per_second()
    }
}

impl ParallelReport {
    pub(super) fn new(options: &ParallelOptions, repeats: Vec<Repeat>) -> Self {
        let speedup = median(&repeats, Repeat::speedup);
        let what = "spans a second with two cores, times those with one";
        Self {
            transport: options.transport,
            span_bytes: options.span_bytes,
            speedup,
            wall_speedup: median(&repeats, Repeat::wall_speedup),
            ceiling: median(&repeats, |repeat| repeat.ceiling),
            repeats,
            goals: vec![Goal::new(what, speedup, Bound::AtLeast(GOAL))],
        }
    }
}

impl fmt::Display for ParallelReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "{:?}, {} bytes a span, medians of {}\n",
            self.transport,
            self.span_bytes,
            self.repeats.len()
        )?;
        writeln!(
            out,
            "{:<10}{:>14}{:>16}{:>16}{:>12}",
            "cores", "spans/s", "server CPU µs", "sender CPU µs", "idle µs"
        )?;
        self.write_cores(out, "one", |repeat| &repeat.one)?;
        self.write_cores(out, "two", |repeat| &repeat.two)?;
        writeln!(
            out,
            "by the clock on the wall, other programs included: {:.2}",
            self.wall_speedup
        )?;
        writeln!(out, "work that shares nothing: {:.2}", self.ceiling)?;
        write!(out, "{}", GoalLines(&self.goals))
    }
}

impl ParallelReport {
    fn write_cores(
        &self,
        out: &mut fmt::Formatter<'_>,
        name: &str,
        run: fn(&Repeat) -> &CoreRun,
    ) -> fmt::Result {
        let of = |value: fn(&CoreRun) -> f64| median(&self.repeats, |repeat| value(run(repeat)));
        writeln!(
            out,
            "{name:<10}{:>14.0}{:>16.2}{:>16.2}{:>12.2}",
            of(CoreRun::spans_per_second),
            of(|run| run.microseconds(run.server_cpu_seconds)),
            of(|run| run.microseconds(run.sender_cpu_seconds)),
            of(|run| run.microseconds(run.idle_seconds)),
        )
    }
}

/// The middle one; not a number when there is none.
fn median(repeats: &[Repeat], value: impl Fn(&Repeat) -> f64) -> f64 {
    let mut values: Vec<_> = repeats.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(spans: u64, seconds: f64, cpu_seconds: f64, idle_seconds: f64) -> CoreRun {
        CoreRun {
            seconds,
            spans,
            server_cpu_seconds: cpu_seconds / 2.0,
            sender_cpu_seconds: cpu_seconds / 2.0,
            idle_seconds,
        }
    }

    fn repeat(one: CoreRun, two: CoreRun) -> Repeat {
        Repeat {
            one,
            two,
            ceiling: 2.0,
        }
    }

    #[test]
    fn cores_that_others_took_do_not_count_but_cores_that_idled_do() {
        let one = run(100, 1.0, 1.0, 0.0);
        assert_eq!(repeat(one, run(200, 1.0, 2.0, 0.0)).speedup(), 2.0);
        let others_took_half = repeat(one, run(100, 1.0, 1.0, 0.0));
        assert_eq!(
            (others_took_half.speedup(), others_took_half.wall_speedup()),
            (2.0, 1.0)
        );
        let idled = repeat(one, run(100, 1.0, 1.0, 1.0));
        assert_eq!((idled.speedup(), idled.wall_speedup()), (1.0, 1.0));
        let dearer = repeat(one, run(150, 1.0, 2.0, 0.0));
        assert_eq!(dearer.speedup(), 1.5);
    }

    #[test]
    fn the_median_counts_and_no_turn_is_no_number() {
        let one = run(100, 1.0, 1.0, 0.0);
        let repeats = [150, 190, 110].map(|spans| repeat(one, run(spans, 1.0, 2.0, 0.0)));
        assert_eq!(median(&repeats, Repeat::speedup), 1.5);
        assert!(median(&[], Repeat::speedup).is_nan());
    }
}
