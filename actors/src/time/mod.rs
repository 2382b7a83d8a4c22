//! The time of the pipeline: what is stamped, what deadlines and samples go by, and the clock that tells it.
//!
//! Cores take a [`PipelineTime`] and know no `Instant` and no `SystemTime`, so that what they do is a function of what
//! came and when it was stamped, and can be done again from a log. Requests are stamped as they enter the pipeline, and
//! ticks by the timer; both ask one [`Clock`]. What only measures how long something takes keeps an `Instant`: the
//! actors' meters, the deadlines of a stop, the writers with their pauses and time-outs. A test of the source files knows
//! the line between the two.
//!
//! # When the wall clock is set
//! The time is that of the steady clock plus an offset, which is set by the wall clock at every beat of the timer.
//!
//! - **Back by up to a minute** ([`HELD`]): the time stands still until the wall clock has caught up. So no series gets a
//!   sample before its last one. Nothing expires meanwhile, and nothing is collected.
//! - **Back by more**: to stand still would lose samples for as long, so the time goes back with the wall clock, and all
//!   that is remembered by its time goes back with it: what had 7 s left still has 7 s left.
//! - **Forward**: the time and all that is remembered by it go forward, as after a suspension of the machine. So nothing
//!   expires early. What is less than a tick ([`FOLLOWED`]) is followed without that.
//!
//! Such a **shift** is counted in the [`Era`] that each [`Stamp`] carries: whoever keeps times compares it with the last
//! one that it saw ([`Timeline`]), and so hears of a shift with the first message that was stamped after it. What was
//! stamped before it and comes later is put into the new era. Times of samples that were sent are facts, and are not
//! shifted.

mod clock;
mod local_clock;
mod pipeline_time;
mod replaying_clock;
mod stamp;

pub use clock::Clock;
pub use local_clock::{ClockStep, FOLLOWED, HELD, LocalClock, Reading};
pub use pipeline_time::{PipelineTime, TimeShift};
pub use replaying_clock::ReplayingClock;
pub use stamp::{Era, Followed, Stamp, Timeline};
