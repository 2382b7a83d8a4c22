//! The executable under test, as cargo built it for this run.
//!
//! A build beside the tests replaces the file by one without what only tests have built in, such as places where an actor
//! can be made to hang. So the file is held open from the first test on, and run as what was opened.

use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::sync::LazyLock;

const FILE: &str = env!("CARGO_BIN_EXE_spangraph");

static OPENED: LazyLock<File> = LazyLock::new(|| File::open(FILE).expect("the executable was built"));

/// A command that runs it.
pub fn command() -> Command {
    let (process, descriptor) = (std::process::id(), OPENED.as_raw_fd());
    let mut command = Command::new(format!("/proc/{process}/fd/{descriptor}"));
    command.arg0("spangraph");
    command
}
