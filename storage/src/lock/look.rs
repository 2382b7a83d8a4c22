//! Looks at a folder that is not to be changed, and keeps servers out of it meanwhile where that can be.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use super::{LOCK_FILE, LockError, held};

/// A folder that is looked at. No server takes it until this is dropped, unless there is an [obstacle](Self::obstacle).
#[derive(Debug)]
pub struct Look {
    shared: io::Result<File>,
}

impl Look {
    /// Looks at `folder`, in which nothing is written: it may be read-only, or a copy without its lock file.
    ///
    /// # Errors
    /// When a server has it.
    pub fn at(folder: &Path) -> Result<Self, LockError> {
        let mut file = match File::open(folder.join(LOCK_FILE)) {
            Ok(file) => file,
            Err(error) => return Ok(Self { shared: Err(error) }),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(Self { shared: Ok(file) }),
            Err(TryLockError::WouldBlock) => Err(held(folder, &mut file)),
            Err(TryLockError::Error(error)) => Ok(Self { shared: Err(error) }),
        }
    }

    /// Why it could not be locked, so that a server may take it; none when it is locked.
    #[must_use]
    pub fn obstacle(&self) -> Option<&io::Error> {
        self.shared.as_ref().err()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::FolderLock;

    #[test]
    fn several_look_at_a_folder_while_no_server_has_it() {
        let folder = tempfile::tempdir().unwrap();
        drop(FolderLock::take(folder.path()).unwrap());
        let looks = [Look::at(folder.path()).unwrap(), Look::at(folder.path()).unwrap()];
        assert!(looks.iter().all(|look| look.obstacle().is_none()));
        assert!(matches!(
            FolderLock::take(folder.path()),
            Err(LockError::Held { .. })
        ));
        drop(looks);
        let _server = FolderLock::take(folder.path()).unwrap();
        assert!(matches!(Look::at(folder.path()), Err(LockError::Held { .. })));
    }

    #[test]
    fn a_copy_without_its_lock_file_is_looked_at_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let look = Look::at(folder.path()).unwrap();
        assert_eq!(look.obstacle().unwrap().kind(), io::ErrorKind::NotFound);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
