//! Memory and CPU of this process, as the system tells them.

use std::time::Duration;

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// What the process uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessReading {
    /// Memory in the machine's RAM, in bytes.
    pub resident_bytes: u64,
    /// CPU time used since the start, over all cores.
    pub cpu: Duration,
}

/// Reads what this process uses.
pub struct ProcessMeter {
    /// The system and this process in it, where there is a way to ask.
    own: Option<(System, Pid)>,
}

impl ProcessMeter {
    /// A meter of this process.
    pub fn new() -> Self {
        Self {
            own: System::new().ok().zip(sysinfo::get_current_pid().ok()),
        }
    }

    /// What it uses now; `None` where the system does not tell.
    pub fn read(&mut self) -> Option<ProcessReading> {
        let (system, own) = self.own.as_mut()?;
        let what = ProcessRefreshKind::nothing()
            .with_memory()
            .with_cpu()
            .without_tasks();
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[*own]), false, what);
        let process = system.process(*own)?;
        Some(ProcessReading {
            resident_bytes: process.memory(),
            cpu: Duration::from_millis(process.accumulated_cpu_time()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_known_and_cpu_time_grows_with_work() {
        let mut meter = ProcessMeter::new();
        let before = meter.read().unwrap();
        assert!(before.resident_bytes > 100_000, "{before:?}");
        let mut after = before;
        while after.cpu <= before.cpu {
            after = meter.read().unwrap();
        }
    }
}
