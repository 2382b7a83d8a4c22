//! Which files are in the folders, and which of that is durable.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::power::Tearing;

/// The names of files, with the number of what each holds.
#[derive(Debug, Default)]
pub struct Names {
    now: BTreeMap<PathBuf, usize>,
    durable: BTreeMap<PathBuf, usize>,
}

impl Names {
    /// What the file holds.
    pub fn find(&self, path: &Path) -> Option<usize> {
        self.now.get(path).copied()
    }

    /// Adds a file.
    pub fn insert(&mut self, path: &Path, content: usize) {
        self.now.insert(path.to_owned(), content);
    }

    /// Removes a file; returns whether it was there.
    pub fn remove(&mut self, path: &Path) -> bool {
        self.now.remove(path).is_some()
    }

    /// The files of `folder`, by name.
    pub fn of<'a>(&'a self, folder: &'a Path) -> impl Iterator<Item = (&'a str, usize)> {
        let inside = self
            .now
            .iter()
            .filter(move |(path, _)| path.parent() == Some(folder));
        inside.filter_map(|(path, content)| Some((path.file_name()?.to_str()?, *content)))
    }

    /// What all files hold.
    pub fn contents(&self) -> impl Iterator<Item = usize> {
        self.now.values().copied()
    }

    /// Makes durable which files `folder` has.
    pub fn sync(&mut self, folder: &Path) {
        self.durable.retain(|path, _| path.parent() != Some(folder));
        let inside = self.now.iter().filter(|(path, _)| path.parent() == Some(folder));
        self.durable
            .extend(inside.map(|(path, content)| (path.clone(), *content)));
    }

    /// Leaves what survives.
    pub fn restart(&mut self, tearing: &mut Tearing) {
        let all: BTreeSet<_> = self.now.keys().chain(self.durable.keys()).cloned().collect();
        for path in all {
            let (now, durable) = (self.now.get(&path).copied(), self.durable.get(&path).copied());
            let stands = if now == durable || tearing.keeps_name() {
                now
            } else {
                durable
            };
            match stands {
                Some(content) => self.durable.insert(path, content),
                None => self.durable.remove(&path),
            };
        }
        self.now.clone_from(&self.durable);
    }
}
