//! The longest turn of each kind that an actor had at a million series: nobody else on its thread had one meanwhile.

mod measure;
mod options;
mod report;
mod steps;

pub use measure::longest_turns;
pub use options::LongestTurnsOptions;
pub use report::{LongestTurnsReport, StepTurns};
pub use steps::Step;
