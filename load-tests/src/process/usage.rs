//! What a process has used, as the kernel counts it.

use anyhow::Context as _;
use procfs::WithCurrentSystemInfo as _;
use procfs::process::Process;

/// What a process has used since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// CPU seconds in the process's own code.
    pub user_seconds: f64,
    /// CPU seconds in the kernel for it.
    pub system_seconds: f64,
    /// The most memory that it ever held, in bytes.
    pub peak_rss_bytes: u64,
    /// The memory that it holds, in bytes.
    pub rss_bytes: u64,
}

impl Usage {
    /// What the process with this id has used.
    ///
    /// # Errors
    /// When there is no such process, or it is another user's.
    pub fn of(pid: u32) -> anyhow::Result<Self> {
        let process = Process::new(i32::try_from(pid)?).with_context(|| format!("no process {pid}"))?;
        let (stat, status) = (process.stat()?, process.status()?);
        let ticks = procfs::ticks_per_second() as f64;
        let (user, system) = (stat.utime as f64 / ticks, stat.stime as f64 / ticks);
        let scale = finer(user + system, thread_seconds(&process)?, 2.5 / ticks);
        Ok(Self {
            user_seconds: user * scale,
            system_seconds: system * scale,
            peak_rss_bytes: status.vmhwm.unwrap_or_default() * 1024,
            rss_bytes: stat.rss_bytes().get(),
        })
    }

    /// What was used between `before` and this.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        Self {
            user_seconds: self.user_seconds - before.user_seconds,
            system_seconds: self.system_seconds - before.system_seconds,
            ..*self
        }
    }

    /// CPU seconds, wherever they were used.
    #[must_use]
    pub fn cpu_seconds(&self) -> f64 {
        self.user_seconds + self.system_seconds
    }
}

/// The CPU seconds of the threads that there are now, counted in nanoseconds.
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

/// What to multiply by, to get from `ticked` seconds, which are rounded, to those of the threads; these lack
/// what ended threads used, so they count only when they are as near as rounding explains.
fn finer(ticked: f64, of_threads: f64, rounding: f64) -> f64 {
    if ticked > 0.0 && (ticked - of_threads).abs() <= rounding {
        of_threads / ticked
    } else {
        1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounded_times_are_made_finer_unless_threads_have_ended() {
        assert_eq!(finer(2.0, 2.01, 0.02), 1.005);
        assert_eq!(finer(2.0, 1.5, 0.02), 1.0);
        assert_eq!(finer(0.0, 0.01, 0.02), 1.0);
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
