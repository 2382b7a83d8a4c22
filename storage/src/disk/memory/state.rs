//! What a disk in memory is made of, and what it does when it is asked.

use std::io;
use std::path::Path;

use super::FileEntry;
use super::content::Content;
use super::faults::{Faults, power_failed};
use super::names::Names;
use super::power::{Tear, Tearing};

/// A disk in memory.
#[derive(Debug, Default)]
pub struct State {
    pub faults: Faults,
    /// How often it was started.
    pub start: u64,
    names: Names,
    contents: Vec<Content>,
    reads: fastrand::Rng,
}

impl State {
    pub fn is_of(&self, start: u64) -> io::Result<()> {
        match start == self.start {
            true => Ok(()),
            false => Err(io::Error::other("the file was opened before a restart")),
        }
    }

    pub fn create(&mut self, path: &Path) -> io::Result<usize> {
        self.faults.use_power(1)?;
        if self.names.find(path).is_some() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        self.contents.push(Content::default());
        self.names.insert(path, self.contents.len() - 1);
        Ok(self.contents.len() - 1)
    }

    pub fn find(&self, path: &Path) -> io::Result<usize> {
        self.is_on()?;
        self.names
            .find(path)
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    pub fn list(&self, folder: &Path) -> io::Result<Vec<FileEntry>> {
        self.is_on()?;
        let entry = |(name, content): (&str, usize)| FileEntry {
            name: name.to_owned(),
            bytes: self.bytes(content),
        };
        Ok(self.names.of(folder).map(entry).collect())
    }

    pub fn remove(&mut self, path: &Path) -> io::Result<()> {
        self.faults.use_power(1)?;
        match self.names.remove(path) {
            true => Ok(()),
            false => Err(io::ErrorKind::NotFound.into()),
        }
    }

    pub fn sync_folder(&mut self, folder: &Path) -> io::Result<()> {
        self.faults.use_power(1)?;
        if self.faults.sync_fails() {
            return Err(io::Error::other("the sync failed"));
        }
        self.names.sync(folder);
        Ok(())
    }

    pub fn write(&mut self, content: usize, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let room = self.free_bytes();
        let fitting = bytes.len().min(index(room));
        let powered = index(self.faults.take_power(fitting as u64));
        let written = bytes.get(..powered).unwrap_or_default();
        if let Some(content) = self.contents.get_mut(content) {
            content.write(index(offset), written);
        }
        match written.len() {
            all if all == bytes.len() => Ok(()),
            less if less == fitting => Err(io::ErrorKind::StorageFull.into()),
            _ => Err(power_failed()),
        }
    }

    pub fn read(&mut self, content: usize, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.is_on()?;
        let there = self.contents.get(content).map_or(&[][..], Content::cached);
        let there = there.get(index(offset)..).unwrap_or_default();
        let mut read = there.len().min(buffer.len());
        if self.faults.short_reads && read > 1 {
            read = self.reads.usize(1..read);
        }
        if let (Some(into), Some(from)) = (buffer.get_mut(..read), there.get(..read)) {
            into.copy_from_slice(from);
        }
        Ok(read)
    }

    pub fn sync(&mut self, content: usize) -> io::Result<()> {
        self.faults.use_power(1)?;
        let fails = self.faults.sync_fails();
        match self.contents.get_mut(content) {
            Some(content) if fails => content.fail_sync(),
            Some(content) => content.sync(),
            None => {}
        }
        if fails {
            Err(io::Error::other("the sync failed"))
        } else {
            Ok(())
        }
    }

    pub fn bytes(&self, content: usize) -> u64 {
        self.contents
            .get(content)
            .map_or(0, |content| content.cached().len() as u64)
    }

    pub fn used_bytes(&self) -> u64 {
        self.names.contents().map(|content| self.bytes(content)).sum()
    }

    pub fn free_bytes(&self) -> u64 {
        let used = self.used_bytes();
        self.faults
            .capacity
            .map_or(u64::MAX, |all| all.saturating_sub(used))
    }

    pub fn flip(&mut self, path: &Path, offset: u64, bit: u8) -> bool {
        let content = self
            .names
            .find(path)
            .and_then(|content| self.contents.get_mut(content));
        content.is_some_and(|content| content.flip(index(offset), bit))
    }

    pub fn cut(&mut self, path: &Path, bytes: u64) -> bool {
        let content = self
            .names
            .find(path)
            .and_then(|content| self.contents.get_mut(content));
        content.is_some_and(|content| content.cut(index(bytes)))
    }

    pub fn restart(&mut self, tear: Tear) {
        if let Some(mut tearing) = Tearing::new(tear) {
            self.names.restart(&mut tearing);
            let contents = self.contents.iter_mut();
            contents.for_each(|content| content.restart(&mut tearing));
        }
        self.faults.power = None;
        self.start += 1;
    }

    fn is_on(&self) -> io::Result<()> {
        match self.faults.power {
            Some(0) => Err(power_failed()),
            _ => Ok(()),
        }
    }
}

fn index(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}
