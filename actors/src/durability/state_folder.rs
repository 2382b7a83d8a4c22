//! The folder of a pipeline's state: locked, opened and read at the start.

use std::path::PathBuf;
use std::sync::Arc;

use spangraph_config::DurabilitySettings;
use spangraph_storage::disk::{Disk, DiskError, SystemDisk};
use spangraph_storage::epochs::{
    Blocks, Epoch, EpochStore, Loaded, OpenError, QueueLimits, StoreError, StoreLimits, TenantKey,
};
use spangraph_storage::lock::{FolderLock, LockError};
use thiserror::Error;

use super::keeper::{CONTENT_VERSION, Keeper};
use super::tenant_names::TenantNames;
use super::tenant_state::TenantState;

/// Where state lies and how much of it may.
#[derive(Clone, Debug)]
pub struct StateFolder {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    limits: StoreLimits,
}

/// State that was found, or that there was none.
#[derive(Debug)]
pub struct FoundState {
    /// What goes on writing it.
    pub keeper: Keeper,
    /// The last epoch; none when there was no state.
    pub epoch: Option<Epoch>,
    /// The tenants that ran, or had samples that wait.
    pub tenants: Vec<TenantState>,
}

/// State cannot be gone on with. Nothing of it was changed.
#[derive(Debug, Error)]
pub enum StateError {
    /// The folder cannot be made or read.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// Another server uses the folder.
    #[error(transparent)]
    Locked(#[from] LockError),
    /// The state is damaged, or of another version.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A block is damaged.
    #[error(transparent)]
    Block(#[from] StoreError),
    /// A later version wrote the blocks.
    #[error(
        "the state in {} is of version {found}, this program knows {CONTENT_VERSION}: start the version that wrote it, or \
         reset the state and lose it", path.display()
    )]
    Version {
        /// The folder.
        path: PathBuf,
        /// The version that was found.
        found: u32,
    },
    /// Blocks that no tenant's id belongs to.
    #[error("the state in {} has blocks of tenant {tenant} and does not say which that is", path.display())]
    NoTenant {
        /// The folder.
        path: PathBuf,
        /// The key of the tenant.
        tenant: TenantKey,
    },
}

impl StateError {
    /// What to do when the disk takes nothing; none when that is not why.
    #[must_use]
    pub fn advice(&self) -> Option<&'static str> {
        use std::io::ErrorKind::{
            FileTooLarge, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull,
        };
        let source = match self {
            Self::Disk(error) | Self::Open(OpenError::Disk(error)) => &error.source,
            Self::Locked(LockError::Io { source, .. }) => source,
            _ => return None,
        };
        match source.kind() {
            StorageFull | QuotaExceeded => Some("free room on its disk"),
            FileTooLarge => Some("raise the limit on the size of files (ulimit -f)"),
            ReadOnlyFilesystem | PermissionDenied => Some("let this process write to it"),
            _ => None,
        }
    }
}

impl StateFolder {
    /// The folder that `settings` name, on the disk of this machine.
    #[must_use]
    pub fn new(settings: &DurabilitySettings) -> Self {
        Self::on(Arc::new(SystemDisk), settings)
    }

    /// The same on another disk.
    #[must_use]
    pub fn on(disk: Arc<dyn Disk>, settings: &DurabilitySettings) -> Self {
        let defaults = StoreLimits::default();
        Self {
            disk,
            path: settings.path.clone(),
            limits: StoreLimits {
                queue: QueueLimits {
                    bytes: settings.max_queue_bytes,
                    ..defaults.queue
                },
                ..defaults
            },
        }
    }

    /// Locks the folder, which is made when it is not there, and reads what is in it.
    ///
    /// # Errors
    /// When another server uses it, or the state cannot be read whole.
    pub fn open(self) -> Result<FoundState, StateError> {
        self.disk.create_folder(&self.path)?;
        let lock = FolderLock::take(&self.path)?;
        let found = self.read()?;
        Ok(FoundState {
            keeper: found.keeper.with_lock(lock),
            ..found
        })
    }

    /// Reads what is in the folder, which the caller has locked.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn read(self) -> Result<FoundState, StateError> {
        let (store, loaded) = self.open_store()?;
        let epoch = loaded.epoch.clone();
        if let Some(found) = epoch.as_ref().map(|epoch| epoch.content_version)
            && found != CONTENT_VERSION
        {
            let path = self.path;
            return Err(StateError::Version { path, found });
        }
        for damage in &loaded.harmless {
            tracing::warn!(%damage, "the state is damaged, and nothing is lost by that");
        }
        let tenants = self.tenants(loaded)?;
        let mut names = TenantNames::default();
        tenants.iter().for_each(|tenant| names.learn(&tenant.id));
        Ok(FoundState {
            keeper: Keeper::new(store, names, self),
            epoch,
            tenants,
        })
    }

    pub(super) fn open_store(&self) -> Result<(EpochStore, Loaded), OpenError> {
        EpochStore::open(Arc::clone(&self.disk), &self.path, self.limits)
    }

    fn tenants(&self, loaded: Loaded) -> Result<Vec<TenantState>, StateError> {
        let by_key = loaded.blocks.by_tenant().into_iter();
        by_key.map(|(key, blocks)| self.tenant(key, blocks)).collect()
    }

    fn tenant(&self, tenant: TenantKey, blocks: Blocks) -> Result<TenantState, StateError> {
        let path = self.path.clone();
        TenantState::of(blocks)?.ok_or(StateError::NoTenant { path, tenant })
    }
}
