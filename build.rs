//! Tells the build its commit and its date.
//!
//! `SPANGRAPH_COMMIT` says the commit where there is no repository, and `SOURCE_DATE_EPOCH` the time where builds
//! are to be reproducible.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const COMMIT: &str = "SPANGRAPH_COMMIT";
const SOURCE_DATE_EPOCH: &str = "SOURCE_DATE_EPOCH";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for variable in [COMMIT, SOURCE_DATE_EPOCH] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    println!("cargo::rustc-env={COMMIT}={}", commit());
    println!("cargo::rustc-env=SPANGRAPH_BUILD_DATE={}", date());
}

fn commit() -> String {
    let named = std::env::var(COMMIT).ok().filter(|commit| !commit.is_empty());
    let commit = named.or_else(|| {
        is_own_repository().then_some(())?;
        // The log grows with every commit and checkout.
        let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
        if Path::new(&log).exists() {
            println!("cargo::rerun-if-changed={log}");
        }
        git(&["rev-parse", "HEAD"])
    });
    commit.unwrap_or_else(|| "unknown".to_owned())
}

/// Unpacked sources may lie in a repository that is not theirs.
fn is_own_repository() -> bool {
    let same = |folder: String| {
        let (top, own) = (Path::new(&folder).canonicalize(), Path::new(".").canonicalize());
        top.ok().zip(own.ok()).is_some_and(|(top, own)| top == own)
    };
    git(&["rev-parse", "--show-toplevel"]).is_some_and(same)
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// Today in UTC.
fn date() -> String {
    let seconds = std::env::var(SOURCE_DATE_EPOCH)
        .ok()
        .and_then(|text| text.parse().ok());
    let time = seconds.map_or_else(SystemTime::now, |seconds| {
        UNIX_EPOCH + Duration::from_secs(seconds)
    });
    let written = humantime::format_rfc3339_seconds(time).to_string();
    written.split('T').next().unwrap_or_default().to_owned()
}
