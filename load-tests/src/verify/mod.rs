//! Checks that a server counted exactly what the model says.

mod checks;
mod command;

pub use checks::{check, check_generated, wait_until_exact};
pub use command::{Findings, Verdict, VerifyOptions, check_drives, verify};
