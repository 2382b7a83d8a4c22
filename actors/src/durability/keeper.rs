//! Keeps the state of a pipeline: writes each cut as an epoch, with the samples that were collected.

mod departed;
mod waiting;

use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

use spangraph_storage::epochs::{
    BlockKey, Committed, Cut, EndpointKey, EpochStore, EpochWriter, StoreError, TenantKey,
};
use spangraph_storage::lock::FolderLock;

use super::cut::{PipelineCut, TenantCut};
use super::disk_use::DiskReading;
use super::image::{StateImage, TableBlock, Which};
use super::samples;
use super::state_folder::StateFolder;
use super::steps::{Steps, Stopwatch};
use super::tenant_names::{self, TENANT_TABLE, TenantNames};
use crate::batches::Collected;

pub use waiting::EndpointSamples;

/// The version of what is in the blocks.
pub const CONTENT_VERSION: u32 = 1;

/// Samples of epochs that were not committed are kept for the next one, up to so many bytes.
const MOST_KEPT_BYTES: usize = 64 << 20;

/// Writes cuts to a store, one after the other.
#[derive(Debug)]
pub struct Keeper {
    store: EpochStore,
    folder: StateFolder,
    /// Keeps other servers out.
    lock: Option<FolderLock>,
    /// The tenants that ran at the last epoch.
    tenants: BTreeSet<TenantKey>,
    /// The tenants that ran, as far as anything of theirs is in the store.
    names: TenantNames,
    which: Which,
    /// It is not known whether the last epoch was committed, so the store is to be opened again.
    is_in_doubt: bool,
    unsent: VecDeque<Batch>,
    unsent_bytes: usize,
}

/// Samples that are to be queued.
#[derive(Clone, Debug)]
struct Batch {
    endpoint: EndpointKey,
    cut_unix_milliseconds: i64,
    samples: u64,
    bytes: Arc<[u8]>,
}

/// What became of a cut.
#[derive(Debug)]
pub struct Kept {
    /// The epoch that it is.
    pub committed: Committed,
    /// How many bytes of blocks were written, before compression.
    pub block_bytes: u64,
    /// How many samples were queued.
    pub samples: u64,
    /// How long it took.
    pub steps: Steps,
    /// What was dropped as it was too old or too much.
    pub dropped: Vec<EndpointSamples>,
    /// What waits for endpoints that no running tenant has.
    pub unclaimed: Vec<EndpointSamples>,
    /// How much of the disk is used.
    pub disk: DiskReading,
}

/// Why a cut cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The disk failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder may be another server's.
    #[error("{} was removed or replaced, so the folder may be another server's: nothing more is written to it", .0.display())]
    LockLost(PathBuf),
}

/// A cut was not kept.
#[derive(Debug, thiserror::Error)]
#[error("the state of this cut was not kept: {source}")]
pub struct NotKept {
    /// Why.
    #[source]
    pub source: KeepError,
    /// Samples that waited for an epoch and were dropped, because there were too many.
    pub samples_dropped: u64,
}

impl Keeper {
    /// Goes on with `store`, opened in `folder`, which has blocks of the tenants that `names` has.
    #[must_use]
    pub fn new(store: EpochStore, names: TenantNames, folder: StateFolder) -> Self {
        Self {
            store,
            folder,
            lock: None,
            is_in_doubt: false,
            tenants: names.keys().collect(),
            names,
            // What an image calls changed is so since the one before, and of that nothing is known here.
            which: Which::All,
            unsent: VecDeque::new(),
            unsent_bytes: 0,
        }
    }

    /// It with the `lock` of its folder.
    #[must_use]
    pub fn with_lock(self, lock: FolderLock) -> Self {
        Self {
            lock: Some(lock),
            ..self
        }
    }

    /// The store, for the queues in it.
    pub fn store(&mut self) -> &mut EpochStore {
        &mut self.store
    }

    /// Makes `cut` the next epoch: its state and its samples are durable together, or neither is. The samples of a cut that
    /// is not kept go with the next.
    ///
    /// # Errors
    /// When it is not kept; the next cut is then written whole.
    pub fn keep(&mut self, cut: PipelineCut) -> Result<Kept, NotKept> {
        if cut.is_whole {
            self.which = Which::All;
        }
        cut.tenants.iter().for_each(|tenant| self.names.learn(&tenant.id));
        let (mut stopwatch, mut steps) = (Stopwatch::start(), Steps::default());
        let samples = self.queue_collected(&cut);
        steps.collect = stopwatch.lap();
        let written = self.write(&cut);
        steps.write = stopwatch.lap();
        let committed = written.and_then(|(writer, bytes)| Ok((self.store.commit(writer)?, bytes)));
        steps.commit = stopwatch.lap();
        match committed {
            Ok((committed, block_bytes)) => {
                self.which = Which::Changed;
                self.tenants = cut.tenants.iter().map(TenantCut::key).collect();
                self.unsent.clear();
                self.unsent_bytes = 0;
                let kept = Kept {
                    dropped: self.named_drops(&committed.dropped),
                    unclaimed: self.unclaimed(&cut),
                    disk: self.disk_reading(),
                    committed,
                    block_bytes,
                    samples,
                    steps,
                };
                self.forget_names();
                Ok(kept)
            }
            Err(source) => {
                self.which = Which::All;
                self.is_in_doubt |= is_doubt(&source);
                let samples_dropped = self.drop_beyond(MOST_KEPT_BYTES);
                Err(NotKept {
                    source,
                    samples_dropped,
                })
            }
        }
    }

    /// Encodes what was collected until the cut, and what is due at it, for each endpoint; first that of cuts it missed.
    fn queue_collected(&mut self, cut: &PipelineCut) -> u64 {
        let missed = cut.missed.iter();
        let missed: u64 = missed
            .map(|missed| self.queue_of(&missed.tenants, missed.unix_milliseconds))
            .sum();
        missed + self.queue_of(&cut.tenants, cut.unix_milliseconds)
    }

    fn queue_of(&mut self, tenants: &[TenantCut], cut: i64) -> u64 {
        let mut samples = 0;
        for tenant in tenants {
            let endpoints = tenant.endpoint_keys();
            let mut queue = |collected: &Collected| samples += self.queue(&endpoints, collected, cut);
            tenant.collected.iter().for_each(|collected| queue(collected));
            tenant.series.collect(&mut |collected| queue(&collected));
        }
        samples
    }

    fn queue(&mut self, endpoints: &[EndpointKey], collected: &Collected, cut: i64) -> u64 {
        let samples: usize = collected.chunks.iter().map(crate::batches::Chunk::samples).sum();
        let samples = samples as u64;
        if endpoints.is_empty() || samples == 0 {
            return 0;
        }
        let bytes: Arc<[u8]> = samples::encode(collected).into();
        for endpoint in endpoints {
            self.unsent_bytes += bytes.len();
            self.unsent.push_back(Batch {
                endpoint: endpoint.clone(),
                cut_unix_milliseconds: cut,
                samples,
                bytes: Arc::clone(&bytes),
            });
        }
        samples
    }

    /// Writes the state and the samples of `cut`, which are to be committed; with the bytes of its blocks.
    fn write(&mut self, cut: &PipelineCut) -> Result<(EpochWriter, u64), KeepError> {
        if let Some(lock) = self.lock.as_ref().filter(|lock| !lock.is_in_place()) {
            return Err(KeepError::LockLost(lock.path().to_owned()));
        }
        self.settle_doubt();
        let mut writer = self.store.begin(Cut {
            unix_milliseconds: cut.unix_milliseconds,
            content_version: CONTENT_VERSION,
        })?;
        writer.set_positions(cut.positions.clone());
        match self.fill(&mut writer, cut) {
            Ok(block_bytes) => Ok((writer, block_bytes)),
            Err(error) => {
                self.store.abandon(writer);
                Err(error.into())
            }
        }
    }

    fn fill(&self, writer: &mut EpochWriter, cut: &PipelineCut) -> Result<u64, StoreError> {
        let mut block_bytes = 0;
        for tenant in &cut.tenants {
            block_bytes += self.put_tenant(writer, tenant)?;
        }
        self.put_departed(writer, cut)?;
        for batch in &self.unsent {
            let (endpoint, cut) = (batch.endpoint.clone(), batch.cut_unix_milliseconds);
            writer.put_samples(endpoint, cut, batch.samples, &batch.bytes)?;
        }
        Ok(block_bytes)
    }

    fn put_tenant(&self, writer: &mut EpochWriter, tenant: &TenantCut) -> Result<u64, StoreError> {
        let key = tenant.key();
        let mut block_bytes = 0;
        let mut put = |TableBlock { table, block }: TableBlock, bytes: &[u8]| {
            block_bytes += bytes.len() as u64;
            let key = BlockKey {
                tenant: key,
                table,
                block,
            };
            writer.put_block(key, bytes)
        };
        if self.which == Which::All || !self.tenants.contains(&key) {
            put(tenant_names::PLACE, &tenant_names::encode(&tenant.id))?;
        }
        for image in tenant.images() {
            image.save(self.which_of(key), &mut put)?;
        }
        self.remove_what_is_behind(writer, tenant);
        Ok(block_bytes)
    }

    /// Of a tenant that the store does not know all blocks are new.
    fn which_of(&self, tenant: TenantKey) -> Which {
        if self.tenants.contains(&tenant) {
            self.which
        } else {
            Which::All
        }
    }

    /// Removes the blocks that a table no longer has, and the tables that no image has.
    fn remove_what_is_behind(&self, writer: &mut EpochWriter, tenant: &TenantCut) {
        let tables: Vec<_> = tenant.images().flat_map(StateImage::tables).collect();
        let is_there = |key: &BlockKey| {
            let mut tables = tables.iter();
            key.table == TENANT_TABLE
                || tables.any(|table| table.table == key.table && key.block < table.blocks)
        };
        let known = self.store.block_keys(tenant.key());
        for key in known.filter(|key| !is_there(key)) {
            writer.remove_block(key);
        }
    }

    /// Opens the store again when it is in doubt. If that fails it stays so, and the next epoch is refused.
    fn settle_doubt(&mut self) {
        if !self.is_in_doubt {
            return;
        }
        match self.folder.open_store() {
            Ok((store, _)) => (self.store, self.is_in_doubt) = (store, false),
            Err(error) => tracing::error!(%error, "the state cannot be opened again"),
        }
    }

    /// Drops the oldest of the samples that wait for an epoch, beyond so many bytes.
    fn drop_beyond(&mut self, most_bytes: usize) -> u64 {
        let mut dropped = 0;
        while self.unsent_bytes > most_bytes
            && let Some(oldest) = self.unsent.pop_front()
        {
            self.unsent_bytes -= oldest.bytes.len();
            dropped += oldest.samples;
        }
        dropped
    }
}

/// Whether it is not known what became of the epoch.
fn is_doubt(error: &KeepError) -> bool {
    matches!(
        error,
        KeepError::Store(StoreError::InDoubt(_) | StoreError::ReopenNeeded)
    )
}

impl TenantCut {
    /// The key of the tenant's blocks.
    #[must_use]
    pub fn key(&self) -> TenantKey {
        TenantKey::of(self.id.as_str())
    }

    fn endpoint_keys(&self) -> Vec<EndpointKey> {
        let key = |name: &String| EndpointKey {
            tenant: self.key(),
            name: name.clone(),
        };
        self.endpoints.iter().map(key).collect()
    }

    fn images(&self) -> impl Iterator<Item = &dyn StateImage> {
        let series: &dyn StateImage = &*self.series;
        let graph: &dyn StateImage = &self.graph;
        let pending = self.pending.iter().map(|image| &**image);
        std::iter::once(series).chain(pending).chain([graph])
    }
}

#[cfg(test)]
mod tests;
