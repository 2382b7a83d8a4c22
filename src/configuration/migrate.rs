//! Rewrites a file with older, flat overrides, on standard output or in its place.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::Context as _;

use crate::cli;

/// Prints the file with its flat overrides in their places of now, or writes it so `in_place`; standard error tells what
/// was done.
///
/// # Errors
/// When the file cannot be read, followed or written; then it is as it was.
pub fn migrate_overrides(file: &Path, in_place: bool) -> anyhow::Result<()> {
    let shown = file.display();
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {shown}"))?;
    let migrated = spangraph_config::migrate_overrides(&text)
        .map_err(|mistakes| anyhow::anyhow!("{shown} has mistakes:\n{mistakes}"))?;
    if !in_place {
        cli::print(&migrated.text)?;
    } else if migrated.moved > 0 {
        replace(file, &migrated.text).with_context(|| format!("cannot write {shown}"))?;
    }
    let mut told = io::stderr();
    match migrated.moved {
        0 => writeln!(told, "{shown} has no older overrides, and stays as it is")?,
        moved => writeln!(
            told,
            "{moved} older overrides of {shown} stand in their places of now"
        )?,
    }
    tell_lines(
        &mut told,
        "not beside their keys any more",
        &migrated.parted_comments,
    )?;
    let gone = "gone, as what they stood in was written anew";
    tell_lines(&mut told, gone, &migrated.lost_comments)?;
    Ok(())
}

/// Says what became of the comments of these lines.
fn tell_lines(told: &mut io::Stderr, what: &str, lines: &[usize]) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = lines.iter().map(usize::to_string).collect();
    let lines = lines.join(", ");
    writeln!(told, "comments {what}, by their lines before: {lines}")
}

/// Writes a new file and puts it in the place of the old one, so that nobody reads a half.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    // A link stays one.
    let file = fs::canonicalize(file)?;
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = file.with_file_name(name);
    let mut written = fs::OpenOptions::new().write(true).create_new(true).open(&new)?;
    let done = written
        .write_all(text.as_bytes())
        .and_then(|()| written.set_permissions(fs::metadata(&file)?.permissions()))
        .and_then(|()| written.sync_all())
        .and_then(|()| fs::rename(&new, &file));
    if done.is_err() {
        // It is of no use; that it may stay behind is the lesser trouble.
        let _ = fs::remove_file(&new);
    }
    done
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_and_keeps_links_and_permissions() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = TempDir::new().unwrap();
        let (file, link) = (folder.path().join("o.yaml"), folder.path().join("link.yaml"));
        fs::write(&file, "overrides: {max_traces_per_user: 5}\n").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&file, &link).unwrap();
        migrate_overrides(&link, true).unwrap();
        let expected = "overrides:\n  defaults:\n    ingestion:\n      max_traces_per_user: 5\n";
        assert_eq!(fs::read_to_string(&file).unwrap(), expected);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_file_with_mistakes_stays_as_it_is() {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("o.yaml");
        fs::write(&file, "overrides: [").unwrap();
        let told = format!("{:#}", migrate_overrides(&file, true).unwrap_err());
        assert!(told.contains("o.yaml has mistakes:\nline 1, column"), "{told}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "overrides: [");
    }
}
