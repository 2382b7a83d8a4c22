//! A place where a test can make an actor hang.

use std::fmt;

/// Where a thread stays for ever when the environment variable `SPANGRAPH_FAULT_STUCK` has the name of what it is about
/// to do, such as `matcher 0`.
#[cfg(feature = "fault-injection")]
pub fn point(name: impl fmt::Display) {
    static STUCK: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    let stuck = STUCK.get_or_init(|| std::env::var("SPANGRAPH_FAULT_STUCK").ok());
    if stuck.as_ref().is_some_and(|stuck| *stuck == name.to_string()) {
        loop {
            std::thread::park();
        }
    }
}

/// Nothing: faults are only there with the feature `fault-injection`, which no server has that is not built by `cargo test`.
#[cfg(not(feature = "fault-injection"))]
#[inline]
pub fn point(_: impl fmt::Display) {}
