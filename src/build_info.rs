//! Which build this is: version, commit, date and platform.

use std::env::consts::{ARCH, OS};
use std::sync::LazyLock;

/// The version, as in `0.1.0`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit that was built, in hexadecimal; `unknown` when it was built outside of a repository.
pub const COMMIT: &str = env!("SPANGRAPH_COMMIT");

/// The day of the build in UTC, as in `2026-01-31`.
pub const BUILD_DATE: &str = env!("SPANGRAPH_BUILD_DATE");

/// All of it, a line each, beginning with the version.
pub static LONG_VERSION: LazyLock<String> =
    LazyLock::new(|| format!("{VERSION}\ncommit {COMMIT}\nbuilt {BUILD_DATE}\n{OS} {ARCH}"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_build_is_told_by_commit_and_day() {
        let is_commit = COMMIT.len() >= 7 && COMMIT.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(is_commit || COMMIT == "unknown", "{COMMIT}");
        let fields: Vec<_> = BUILD_DATE.split('-').map(str::len).collect();
        assert_eq!(fields, [4, 2, 2], "{BUILD_DATE}");
        assert!(LONG_VERSION.starts_with(&format!("{VERSION}\ncommit {COMMIT}\nbuilt ")));
    }
}
