//! An error as text with its causes, each told once.

/// The error and what caused it, one behind the other. A cause that the text before it ends with, as many repeat theirs, is
/// not told again.
#[must_use]
pub fn told(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.ends_with(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::Path;

    use anyhow::Context as _;
    use spangraph_storage::disk::{DiskError, Operation};
    use spangraph_storage::epochs::OpenError;

    use super::*;

    #[test]
    fn what_the_system_said_is_told_once() {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        let error = OpenError::from(DiskError::new(Operation::Write, Path::new("state"), full));
        let error = anyhow::Error::from(error).context("spangraph.durability.path");
        assert_eq!(
            told(&error),
            "spangraph.durability.path: cannot write to state: no storage space"
        );
    }

    #[test]
    fn a_cause_that_is_not_told_yet_is_told() {
        let error = Err::<(), _>(io::Error::from(io::ErrorKind::NotFound)).context("the file");
        assert_eq!(told(&error.unwrap_err()), "the file: entity not found");
    }
}
