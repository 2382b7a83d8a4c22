//! The files of this project, by paths relative to its folder.

use std::fs;
use std::path::{Path, PathBuf};

/// The folders that hold code of ours or prose about it.
pub const FOLDERS: [&str; 13] = [
    "actors",
    "config",
    "docs",
    "fuzz",
    "load-tests",
    "pages",
    "proto",
    "scripts",
    "serving",
    "src",
    "storage",
    "test-support",
    "tests",
];

/// The folder of the project.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What is written in a file.
pub fn read(file: &Path) -> String {
    let bytes = fs::read(root().join(file)).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Everything that is written for people.
pub fn documents() -> Vec<PathBuf> {
    with_extension("md")
}

/// Everything that is written in Rust.
pub fn sources() -> Vec<PathBuf> {
    with_extension("rs")
}

fn with_extension(extension: &str) -> Vec<PathBuf> {
    let at_the_top = entries(Path::new("")).into_iter();
    let all = at_the_top.chain(FOLDERS.iter().flat_map(|folder| files_below(Path::new(folder))));
    all.filter(|file| file.extension() == Some(extension.as_ref()))
        .collect()
}

/// All files below `folder`, without what is built or installed there.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let is_foreign = |path: &Path| path.ends_with("target") || path.ends_with("node_modules");
    let files_of = |path: PathBuf| match root().join(&path).is_dir() {
        true if is_foreign(&path) => Vec::new(),
        true => files_below(&path),
        false => vec![path],
    };
    entries(folder).into_iter().flat_map(files_of).collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).unwrap();
    entries
        .map(|entry| folder.join(entry.unwrap().file_name()))
        .collect()
}
