//! Lets a process run for a share of the time only, as a container's CPU limit does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use rustix::process::{Pid, Signal, kill_process};

/// How often a process is stopped and goes on.
const PERIOD: Duration = Duration::from_millis(20);

/// A process that is stopped for a part of each 20 ms, until this is let go.
#[derive(Debug)]
pub struct Throttle {
    is_over: Arc<AtomicBool>,
    /// A thread of its own, so that a busy sender does not hold it up.
    thread: Option<JoinHandle<()>>,
}

impl Throttle {
    /// Lets the child with this id run for `share` of the time, more than 0 and at most 1.
    ///
    /// # Errors
    /// When that is no share, or no thread can be had.
    pub fn start(pid: u32, share: f64) -> anyhow::Result<Self> {
        ensure!(share > 0.0 && share <= 1.0, "{share} is no share of the time");
        let pid = Pid::from_raw(i32::try_from(pid)?).context("no process has this id")?;
        let runs = PERIOD.mul_f64(share);
        let is_over = Arc::new(AtomicBool::new(share >= 1.0));
        let until = Arc::clone(&is_over);
        let thread = std::thread::Builder::new().name("throttle".to_owned());
        let thread = thread.spawn(move || throttle(pid, runs, &until))?;
        Ok(Self {
            is_over,
            thread: Some(thread),
        })
    }
}

impl Drop for Throttle {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Leaves the process running, or when it has ended.
#[expect(clippy::disallowed_methods, reason = "the thread has nothing else to do")]
fn throttle(pid: Pid, runs: Duration, is_over: &AtomicBool) {
    while !is_over.load(Ordering::Relaxed) {
        std::thread::sleep(runs);
        if kill_process(pid, Signal::STOP).is_err() {
            return;
        }
        std::thread::sleep(PERIOD.saturating_sub(runs));
        if kill_process(pid, Signal::CONT).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;
    use crate::process::Usage;

    #[tokio::test]
    async fn a_busy_process_gets_its_share_and_runs_on_afterwards() {
        let mut busy = Command::new("sh");
        let mut busy = busy
            .args(["-c", "while :; do :; done"])
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let used = async || {
            let before = Usage::of(busy.id()).unwrap();
            tokio::time::sleep(Duration::from_millis(1_500)).await;
            Usage::of(busy.id()).unwrap().since(&before).cpu_seconds()
        };
        let throttle = Throttle::start(busy.id(), 0.2).unwrap();
        let throttled = used().await;
        drop(throttle);
        let free = used().await;
        busy.kill().unwrap();
        busy.wait().unwrap();
        // The machine may be busy, which takes from both.
        assert!(
            throttled > 0.0 && throttled < 0.6 && free > throttled,
            "{throttled} s, then {free} s"
        );
    }

    #[test]
    fn more_than_all_of_the_time_is_no_share() {
        for share in [0.0, 1.1, f64::NAN] {
            assert!(Throttle::start(1, share).is_err(), "{share}");
        }
    }
}
