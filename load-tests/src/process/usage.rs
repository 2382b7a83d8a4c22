//! What a process has used, as the kernel counts it.

use anyhow::Context as _;
use procfs::WithCurrentSystemInfo as _;
use procfs::process::Process;

/// What a process has used since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// CPU seconds in the process's own code, rounded to the kernel's ticks.
    pub user_seconds: f64,
    /// CPU seconds in the kernel for it, rounded likewise.
    pub system_seconds: f64,
    /// CPU seconds of the threads that there are now, not rounded; what ended threads used is not in it.
    pub thread_seconds: f64,
    /// How often those threads were taken off a core, by their own will or not.
    pub switches: u64,
    /// The most memory that it ever held, in bytes.
    pub peak_rss_bytes: u64,
    /// The memory that it holds, in bytes.
    pub rss_bytes: u64,
}

/// The most that rounding can do to a difference: each of two times is off by up to a tick of 10 ms at both ends.
const ROUNDING_SECONDS: f64 = 0.04;

impl Usage {
    /// What the process with this id has used.
    ///
    /// # Errors
    /// When there is no such process, or it is another user's.
    pub fn of(pid: u32) -> anyhow::Result<Self> {
        let process = Process::new(i32::try_from(pid)?).with_context(|| format!("no process {pid}"))?;
        let (stat, status) = (process.stat()?, process.status()?);
        let ticks = procfs::ticks_per_second() as f64;
        Ok(Self {
            user_seconds: stat.utime as f64 / ticks,
            system_seconds: stat.stime as f64 / ticks,
            thread_seconds: thread_seconds(&process)?,
            switches: switches(&process)?,
            peak_rss_bytes: status.vmhwm.unwrap_or_default() * 1024,
            rss_bytes: stat.rss_bytes().get(),
        })
    }

    /// What was used between `before` and this, as fine as it can be told.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        let rounded = Self {
            user_seconds: self.user_seconds - before.user_seconds,
            system_seconds: self.system_seconds - before.system_seconds,
            thread_seconds: self.thread_seconds - before.thread_seconds,
            switches: self.switches.saturating_sub(before.switches),
            ..*self
        };
        rounded.made_finer()
    }

    /// CPU seconds, wherever they were used.
    #[must_use]
    pub fn cpu_seconds(&self) -> f64 {
        self.user_seconds + self.system_seconds
    }

    /// Scales the rounded times to the exact one, unless threads have ended, which rounding does not explain.
    ///
    /// What is too short for a tick counts as the process's own code.
    fn made_finer(self) -> Self {
        let rounded = self.cpu_seconds();
        if (rounded - self.thread_seconds).abs() > ROUNDING_SECONDS {
            return self;
        }
        if rounded <= 0.0 {
            return Self {
                user_seconds: self.thread_seconds,
                system_seconds: 0.0,
                ..self
            };
        }
        let scale = self.thread_seconds / rounded;
        Self {
            user_seconds: self.user_seconds * scale,
            system_seconds: self.system_seconds * scale,
            ..self
        }
    }
}

fn thread_seconds(process: &Process) -> anyhow::Result<f64> {
    let mut nanoseconds = 0;
    for task in process.tasks()? {
        // A thread may end while we look at it.
        nanoseconds += task
            .and_then(|task| task.schedstat())
            .map_or(0, |statistics| statistics.sum_exec_runtime);
    }
    Ok(nanoseconds as f64 / 1e9)
}

fn switches(process: &Process) -> anyhow::Result<u64> {
    let mut switches = 0;
    for task in process.tasks()? {
        // As above.
        if let Ok(status) = task.and_then(|task| task.status()) {
            let kinds = [status.voluntary_ctxt_switches, status.nonvoluntary_ctxt_switches];
            switches += kinds.into_iter().flatten().sum::<u64>();
        }
    }
    Ok(switches)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(user_seconds: f64, system_seconds: f64, thread_seconds: f64) -> Usage {
        Usage {
            user_seconds,
            system_seconds,
            thread_seconds,
            ..Usage::default()
        }
    }

    #[test]
    fn rounded_times_are_made_finer_unless_threads_have_ended() {
        let before = usage(1.0, 1.0, 0.5);
        let fine = usage(2.5, 1.5, 2.51).since(&before);
        assert!((fine.cpu_seconds() - 2.01).abs() < 1e-9 && (fine.user_seconds - 1.5075).abs() < 1e-9);
        let threads_ended = usage(2.5, 1.5, 1.5).since(&before);
        assert_eq!(threads_ended.cpu_seconds(), 2.0);
        assert_eq!(usage(1.0, 1.0, 0.5).since(&before).cpu_seconds(), 0.0);
        let short = usage(1.0, 1.0, 0.505).since(&before);
        assert!((short.cpu_seconds() - 0.005).abs() < 1e-9, "{short:?}");
    }

    #[tokio::test]
    async fn a_thread_that_sleeps_is_switched_each_time_it_does() {
        let before = Usage::of(std::process::id()).unwrap();
        for _ in 0..50 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        let switches = Usage::of(std::process::id()).unwrap().since(&before).switches;
        assert!(switches >= 50, "{switches}");
    }

    #[test]
    fn work_and_memory_of_a_process_are_seen() {
        let before = Usage::of(std::process::id()).unwrap();
        let mut waste = vec![1_u8; 32 << 20];
        while Usage::of(std::process::id())
            .unwrap()
            .since(&before)
            .cpu_seconds()
            < 0.05
        {
            waste.iter_mut().for_each(|byte| *byte = byte.wrapping_mul(3));
        }
        let usage = Usage::of(std::process::id()).unwrap();
        assert!(
            usage.peak_rss_bytes > 32 << 20 && usage.rss_bytes > 32 << 20,
            "{usage:?}"
        );
        assert_eq!(usage.peak_rss_bytes.max(usage.rss_bytes), usage.peak_rss_bytes);
    }
}
