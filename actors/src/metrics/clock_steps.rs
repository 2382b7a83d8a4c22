//! Counts and tells that the wall clock was set.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use crate::time::ClockStep;

/// How often the wall clock was set, by what the pipeline's time did; clones share it.
#[derive(Clone, Debug)]
pub struct ClockSteps(Family<OutcomeLabels, Counter>);

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

const HELD: &str = "held";
const SHIFTED: &str = "shifted";

impl ClockSteps {
    /// Adds the counters to `registry`.
    pub fn register(&self, registry: &mut Registry) {
        let help = "How often the wall clock was set, and the time of the pipeline stood still or was shifted with all deadlines";
        registry.register("clock_steps", help, self.0.clone());
    }

    /// Counts and logs `step`.
    pub(crate) fn note(&self, step: ClockStep) {
        let wall_milliseconds = step.wall.milliseconds();
        let Some(shift) = step.shift else {
            self.with(HELD).inc();
            return tracing::warn!(
                wall_milliseconds,
                "wall clock was set, and the time stands still until it has caught up"
            );
        };
        self.with(SHIFTED).inc();
        tracing::warn!(
            wall_milliseconds,
            shift_milliseconds = shift.milliseconds(),
            "wall clock was set, and all deadlines are shifted with the time"
        );
    }

    fn with(&self, outcome: &'static str) -> Counter {
        self.0.get_or_create_owned(&OutcomeLabels { outcome })
    }
}

impl Default for ClockSteps {
    /// Both at 0, so that an alert sees the first one.
    fn default() -> Self {
        let steps = Self(Family::default());
        [HELD, SHIFTED].iter().for_each(|outcome| _ = steps.with(outcome));
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::TimeShift;

    #[test]
    fn steps_are_counted_by_what_the_time_did() {
        let (steps, wall) = (ClockSteps::default(), TimeShift::from_milliseconds(-90_000));
        assert_eq!((steps.with(HELD).get(), steps.with(SHIFTED).get()), (0, 0));
        for shift in [None, Some(wall), None] {
            steps.note(ClockStep { wall, shift });
        }
        assert_eq!((steps.with(HELD).get(), steps.with(SHIFTED).get()), (2, 1));
    }
}
