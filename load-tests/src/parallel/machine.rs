//! What cores did meanwhile, whoever used them.

use procfs::{CurrentSI as _, KernelStats};

/// How long cores had nothing to do since the machine started, in seconds, added up.
///
/// # Errors
/// When the system does not tell.
pub(super) fn idle_seconds(cores: &[usize]) -> anyhow::Result<f64> {
    let statistics = KernelStats::current()?;
    let of_core = |core: &usize| {
        let time = statistics.cpu_time.get(*core)?;
        Some(time.idle + time.iowait.unwrap_or_default())
    };
    let ticks: u64 = cores.iter().filter_map(of_core).sum();
    Ok(ticks as f64 / procfs::ticks_per_second() as f64)
}
