//! Waiting for something to become true, with the last reason why it is not when time runs out.

use std::fmt::Display;
use std::thread;
use std::time::{Duration, Instant};

/// How long to pause between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// Looks again and again until `look` answers `Ok`; after `deadline` fails with its last error.
pub fn until<T, E: Display>(what: &str, deadline: Duration, mut look: impl FnMut() -> Result<T, E>) -> T {
    match within(deadline, &mut look) {
        Ok(found) => found,
        Err(reason) => panic!("{what}: not within {deadline:?}: {reason}"),
    }
}

/// As [`until`], but gives back the last error instead of failing.
pub fn within<T, E>(deadline: Duration, mut look: impl FnMut() -> Result<T, E>) -> Result<T, E> {
    let end = Instant::now() + deadline;
    loop {
        match look() {
            Err(_) if Instant::now() < end => thread::sleep(PAUSE),
            answer => return answer,
        }
    }
}

/// `Ok` when `condition` holds, else `reason`; for use in [`until`].
pub fn check(condition: bool, reason: impl FnOnce() -> String) -> Result<(), String> {
    if condition { Ok(()) } else { Err(reason()) }
}
