//! A simulated web shop that sends its traces to the server, so that there is a service graph to look at.
//!
//! `docs/demo.md` draws the graph. `shop` makes up the traces without a clock and without I/O; [`run`] sends them.

mod conventions;
mod operations;
mod outcome;
mod sender;
mod services;
mod shop;
mod trace;

pub use sender::{Demo, run};
