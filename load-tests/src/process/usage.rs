//! What a process has used, as the kernel counts it.

use anyhow::Context as _;
use procfs::WithCurrentSystemInfo as _;
use procfs::process::Process;

/// What a process has used since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// CPU seconds in the process's own code; the kernel counts in steps of 10 ms.
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
        Ok(Self {
            user_seconds: stat.utime as f64 / ticks,
            system_seconds: stat.stime as f64 / ticks,
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

#[cfg(test)]
mod tests {
    use super::*;

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
