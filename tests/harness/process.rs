//! A child process with its output in a file; it is killed when the test lets go of it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::until::within;

/// How many bytes of the end of a log are shown.
const SHOWN: usize = 8_000;

/// A running child.
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command` with its output appended to the file `log`.
    pub fn spawn(name: &str, command: &mut Command, log: &Path) -> Self {
        let output = File::options()
            .create(true)
            .append(true)
            .open(log)
            .expect("log file opens");
        let errors = output.try_clone().expect("log file is shared");
        Self::spawn_with(name, command.stdout(output).stderr(errors), log)
    }

    /// As [`Self::spawn`], but on a full disk: nothing that it prints can be written.
    pub fn spawn_unheard(name: &str, command: &mut Command, log: &Path) -> Self {
        File::create(log).expect("log file is made");
        let full = || {
            File::options()
                .write(true)
                .open("/dev/full")
                .expect("it is there")
        };
        Self::spawn_with(name, command.stdout(full()).stderr(full()), log)
    }

    fn spawn_with(name: &str, command: &mut Command, log: &Path) -> Self {
        let child = command
            .stdin(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {name}: {error}"));
        Self {
            name: name.to_owned(),
            child,
            log: log.to_owned(),
        }
    }

    /// Its id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends `signal` to this child and to nothing else.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("child takes signals");
    }

    /// How the child ended, if it did.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("child can be waited for")
    }

    /// Waits for the end of the child; fails when it still runs after `deadline`.
    pub fn wait(&mut self, deadline: Duration) -> ExitStatus {
        match within(deadline, || self.exited().ok_or(())) {
            Ok(status) => status,
            Err(()) => panic!("{} still runs after {deadline:?}", self.name),
        }
    }

    /// What the child has printed, its end at most.
    pub fn log(&self) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        let from = text.len().saturating_sub(SHOWN);
        String::from_utf8_lossy(&text[from..]).into_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        if thread::panicking() {
            eprintln!("--- log of {} ---\n{}--- end of log ---", self.name, self.log());
        }
    }
}
