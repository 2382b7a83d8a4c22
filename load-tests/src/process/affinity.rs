//! Which cores threads may run on.

use anyhow::{Context as _, ensure};
use procfs::process::Process;
use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The numbers of the cores that the calling thread may run on, in order.
///
/// # Errors
/// When the system does not tell.
pub fn allowed_cores() -> anyhow::Result<Vec<usize>> {
    let allowed = sched_getaffinity(None)?;
    Ok((0..CpuSet::MAX_CPU)
        .filter(|core| allowed.is_set(*core))
        .collect())
}

/// Calls `start` on `cores` only, so that a process or thread that it starts finds no others, and stays there.
///
/// # Errors
/// When there is no such core.
pub fn on_cores<T>(cores: &[usize], start: impl FnOnce() -> T) -> anyhow::Result<T> {
    let before = sched_getaffinity(None)?;
    sched_setaffinity(None, &set_of(cores)?).with_context(|| format!("cannot run on cores {cores:?}"))?;
    let started = start();
    sched_setaffinity(None, &before)?;
    Ok(started)
}

/// Moves all threads of the process with this id to `cores`, and with them those that they start later.
///
/// # Errors
/// When there is no such core or process, or it is another user's.
pub fn pin_process(pid: u32, cores: &[usize]) -> anyhow::Result<()> {
    let cores = set_of(cores)?;
    let process = Process::new(i32::try_from(pid)?).with_context(|| format!("no process {pid}"))?;
    for task in process.tasks()? {
        // A thread may end while we look at it.
        if let Some(thread) = task.ok().and_then(|task| Pid::from_raw(task.tid)) {
            sched_setaffinity(Some(thread), &cores)?;
        }
    }
    Ok(())
}

fn set_of(cores: &[usize]) -> anyhow::Result<CpuSet> {
    let mut set = CpuSet::new();
    for core in cores {
        ensure!(*core < CpuSet::MAX_CPU, "there is no core {core}");
        set.set(*core);
    }
    Ok(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_started_on_a_core_finds_only_that_one_and_the_starter_keeps_its_own() {
        let allowed = allowed_cores().unwrap();
        let last = *allowed.last().unwrap();
        let thread = on_cores(&[last], || std::thread::spawn(allowed_cores)).unwrap();
        assert_eq!(thread.join().unwrap().unwrap(), [last]);
        assert_eq!(allowed_cores().unwrap(), allowed);
        assert!(on_cores(&[CpuSet::MAX_CPU], || ()).is_err());
    }

    #[test]
    fn all_threads_of_a_process_are_moved() {
        let first = *allowed_cores().unwrap().first().unwrap();
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        pin_process(child.id(), &[first]).unwrap();
        let id = Pid::from_raw(i32::try_from(child.id()).unwrap());
        let moved_to = sched_getaffinity(id).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(moved_to.is_set(first) && moved_to.count() == 1);
    }
}
