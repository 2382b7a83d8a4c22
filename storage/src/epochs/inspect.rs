//! What is in a folder with state: how much, whose, and what of it is damaged. Nothing is changed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::blocks::Blocks;
use super::epoch::Epoch;
use super::error::{Loss, OpenError};
use super::image::Image;
use super::keys::{EndpointKey, TenantKey};
use super::manifest::Recovered;
use super::queue::{Backlog, QueueLimits};
use super::recover::{Verified, is_of_state, recover, verify};
use super::store::EpochStore;
use crate::disk::{Disk, DiskError, FileEntry};
use crate::segments::{Damage, TornEnd};

/// The condition of the state in a folder.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The last epoch; none where none was committed yet.
    pub epoch: Option<Epoch>,
    /// How much there is.
    pub usage: Usage,
    /// What cannot be read, as it lies on the disk. State that has any is refused.
    pub losses: Vec<Loss>,
    /// Damage by which nothing is lost.
    pub harmless: Vec<Damage>,
    /// What was being committed when the machine stopped, and does not count.
    pub torn: Option<(PathBuf, TornEnd)>,
    /// How many bytes of the disk the files of the state take, with what the next start removes.
    pub file_bytes: u64,
    /// How many more bytes there is room for.
    pub free_bytes: u64,
    /// Its blocks; those that are damaged are errors when they are read, or are left out.
    pub blocks: Blocks,
}

/// How much state there is, and whose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// How many segments.
    pub segments: usize,
    /// How many bytes they have.
    pub segment_bytes: u64,
    /// How many of those are in use.
    pub live_bytes: u64,
    /// The blocks of each tenant.
    pub tenants: BTreeMap<TenantKey, BlockUsage>,
    /// What waits for each endpoint.
    pub endpoints: BTreeMap<EndpointKey, Backlog>,
}

/// How much blocks take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockUsage {
    /// How many blocks.
    pub blocks: usize,
    /// How many bytes they have on the disk, compressed.
    pub bytes: u64,
}

/// Reads all of the state in `folder` and tells its condition. An error says that the folder cannot be read, or that
/// there is no manifest which says what is in it.
///
/// [Look](crate::lock::Look) at the folder meanwhile: a server that runs removes files.
pub fn inspect(disk: &dyn Disk, folder: &Path) -> Result<Condition, OpenError> {
    let files = disk.list(folder)?;
    let recovered = recover(disk, folder, &files)?;
    let Recovered {
        image,
        torn,
        header_damage,
    } = recovered.unwrap_or_default();
    let Verified {
        segments,
        losses,
        harmless,
    } = verify(disk, folder, &files, &image)?;
    let is_ours = |file: &&FileEntry| is_of_state(&file.name);
    let file_bytes = files.iter().filter(is_ours).map(|file| file.bytes).sum();
    Ok(Condition {
        blocks: Blocks::new(&image, &segments),
        usage: Usage::of(&image),
        epoch: image.epoch,
        losses,
        harmless: header_damage.into_iter().chain(harmless).collect(),
        torn,
        file_bytes,
        free_bytes: disk.free_bytes(folder)?,
    })
}

impl EpochStore {
    /// How much state there is. It looks at every block, so ask seldom.
    #[must_use]
    pub fn usage(&self) -> Usage {
        Usage::of(&self.image)
    }

    /// How many bytes its files have.
    #[must_use]
    pub fn file_bytes(&self) -> u64 {
        let segments = self.image.segments.values().map(|used| used.extent.bytes);
        segments.sum::<u64>() + self.manifest.bytes()
    }

    /// How many more bytes its disk has room for.
    ///
    /// # Errors
    /// When the disk does not tell.
    pub fn free_bytes(&self) -> Result<u64, DiskError> {
        self.disk.free_bytes(&self.folder)
    }

    /// How much may wait for one endpoint.
    #[must_use]
    pub fn queue_limits(&self) -> QueueLimits {
        self.limits.queue
    }
}

impl Usage {
    fn of(image: &Image) -> Self {
        let mut tenants: BTreeMap<TenantKey, BlockUsage> = BTreeMap::new();
        for (key, place) in &image.blocks {
            let tenant = tenants.entry(key.tenant).or_default();
            tenant.blocks += 1;
            tenant.bytes += place.bytes;
        }
        let queues = image.queues.iter();
        Self {
            segments: image.segments.len(),
            segment_bytes: image.segments.values().map(|used| used.extent.bytes).sum(),
            live_bytes: image.live_bytes(),
            tenants,
            endpoints: queues
                .map(|(endpoint, queue)| (endpoint.clone(), queue.iter().collect()))
                .collect(),
        }
    }
}
