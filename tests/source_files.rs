//! Source files are as short as the house rules say.

use std::path::Path;

use regex::Regex;

use crate::harness::repository::{FOLDERS, read, sources};

/// The most lines of a file.
const MOST_LINES: usize = 400;

#[test]
fn no_source_file_has_more_than_400_lines() {
    let sources = sources();
    assert!(sources.len() > 500, "only {} files were found", sources.len());
    let lines = |file: &Path| read(file).lines().count();
    let long = sources.iter().map(|file| (lines(file), file));
    let long: Vec<_> = long.filter(|(lines, _)| *lines > MOST_LINES).collect();
    assert!(long.is_empty(), "to be parted, by ideas: {long:?}");
}

#[test]
fn the_files_of_every_member_of_the_workspace_are_looked_at() {
    let manifest = read(Path::new("Cargo.toml"));
    let list = Regex::new(r"members = \[([^\]]*)\]").unwrap();
    let list = &list.captures(&manifest).unwrap()[1];
    let members = list.split(',').map(|member| member.trim().trim_matches('"'));
    let forgotten: Vec<_> = members.filter(|member| !FOLDERS.contains(member)).collect();
    assert!(forgotten.is_empty(), "not in FOLDERS: {forgotten:?}");
}
