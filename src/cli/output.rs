//! Writes what a command answers to standard output.

use std::io::{self, Write as _};

use anyhow::Context as _;

/// Writes `text` whole. A reader that has gone, as `head` does, has what it wanted.
///
/// # Errors
/// When it cannot be written, as to a full disk.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut output = io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::print;

    #[test]
    fn what_can_be_written_is_no_error() {
        print("").unwrap();
    }
}
