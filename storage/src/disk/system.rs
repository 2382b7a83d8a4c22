//! The file system of the machine.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::append::AppendFile;
use super::{Disk, DiskError, DiskFile, FileEntry, Operation};

/// The machine's own file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemDisk;

#[derive(Debug)]
struct SystemFile {
    path: PathBuf,
    file: File,
}

impl Disk for SystemDisk {
    fn create_folder(&self, folder: &Path) -> Result<(), DiskError> {
        if folder.is_dir() {
            return Ok(());
        }
        let above = folder.parent().filter(|above| !above.as_os_str().is_empty());
        if let Some(above) = above {
            self.create_folder(above)?;
        }
        told(Operation::Create, folder, fs::create_dir(folder))?;
        self.sync_folder(above.unwrap_or(Path::new(".")))
    }

    fn create(&self, path: &Path) -> Result<Arc<dyn DiskFile>, DiskError> {
        let mut options = OpenOptions::new();
        let created = options.read(true).write(true).create_new(true).open(path);
        file(path, told(Operation::Create, path, created)?)
    }

    fn create_to_append(&self, path: &Path, writes_through: bool) -> Result<Arc<dyn DiskFile>, DiskError> {
        let created = AppendFile::create(path, writes_through);
        Ok(Arc::new(told(Operation::Create, path, created)?))
    }

    fn open(&self, path: &Path) -> Result<Arc<dyn DiskFile>, DiskError> {
        file(path, told(Operation::Open, path, File::open(path))?)
    }

    fn open_to_write(&self, path: &Path) -> Result<Arc<dyn DiskFile>, DiskError> {
        let opened = OpenOptions::new().read(true).write(true).open(path);
        file(path, told(Operation::Open, path, opened)?)
    }

    fn list(&self, folder: &Path) -> Result<Vec<FileEntry>, DiskError> {
        told(Operation::List, folder, entries(folder))
    }

    fn remove(&self, path: &Path) -> Result<(), DiskError> {
        told(Operation::Remove, path, fs::remove_file(path))
    }

    fn sync_folder(&self, folder: &Path) -> Result<(), DiskError> {
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        told(Operation::Sync, folder, synced)
    }

    fn free_bytes(&self, folder: &Path) -> Result<u64, DiskError> {
        let measured = rustix::fs::statvfs(folder).map_err(io::Error::from);
        let measured = told(Operation::Measure, folder, measured)?;
        Ok(measured.f_bavail.saturating_mul(measured.f_frsize))
    }
}

impl DiskFile for SystemFile {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<(), DiskError> {
        let written = self.file.write_all_at(bytes, offset);
        told(Operation::Write, &self.path, written).map_err(|error| error.at(offset))
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize, DiskError> {
        loop {
            match self.file.read_at(buffer, offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => return told(Operation::Read, &self.path, read).map_err(|error| error.at(offset)),
            }
        }
    }

    fn sync(&self) -> Result<(), DiskError> {
        told(Operation::Sync, &self.path, self.file.sync_data())
    }

    fn bytes(&self) -> Result<u64, DiskError> {
        let metadata = told(Operation::Measure, &self.path, self.file.metadata())?;
        Ok(metadata.len())
    }
}

fn file(path: &Path, file: File) -> Result<Arc<dyn DiskFile>, DiskError> {
    let path = path.to_owned();
    Ok(Arc::new(SystemFile { path, file }))
}

fn entries(folder: &Path) -> io::Result<Vec<FileEntry>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        if let (true, Ok(name)) = (metadata.is_file(), entry.file_name().into_string()) {
            let bytes = metadata.len();
            files.push(FileEntry { name, bytes });
        }
    }
    files.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

fn told<T>(operation: Operation, path: &Path, result: io::Result<T>) -> Result<T, DiskError> {
    result.map_err(|error| DiskError::new(operation, path, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::read_fully;

    #[test]
    fn what_was_written_is_read_and_listed_until_it_is_removed() {
        let above = tempfile::tempdir().unwrap();
        let folder = above.path().join("state/of/one");
        SystemDisk.create_folder(&folder).unwrap();
        let path = folder.join("a");
        let file = SystemDisk.create(&path).unwrap();
        file.write_at(0, b"spans").unwrap();
        file.write_at(5, b" and edges").unwrap();
        file.sync().unwrap();
        SystemDisk.sync_folder(&folder).unwrap();

        let mut buffer = [0; 32];
        let read = SystemDisk.open(&path).unwrap();
        assert_eq!(read_fully(read.as_ref(), 6, &mut buffer).unwrap(), 9);
        assert_eq!(&buffer[..9], b"and edges");
        let entry = FileEntry {
            name: "a".to_owned(),
            bytes: 15,
        };
        assert_eq!(SystemDisk.list(&folder).unwrap(), [entry]);
        SystemDisk.remove(&path).unwrap();
        assert!(SystemDisk.list(&folder).unwrap().is_empty());
        assert!(SystemDisk.free_bytes(&folder).unwrap() > 0);
    }

    #[test]
    fn a_file_is_not_created_over_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        SystemDisk.create(&path).unwrap();
        let error = SystemDisk.create(&path).unwrap_err();
        assert_eq!(error.source.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!((error.operation, error.path), (Operation::Create, path));
    }
}
