//! What was committed comes back, and nothing else.

mod basics;
mod damage;
mod faults;
mod gone;
mod inspect;
mod interleavings;
mod model;

mod queue;
mod rewriting;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;
use crate::disk::Disk;
use crate::disk::memory::MemoryDisk;

const FOLDER: &str = "state";
const ONE: TenantKey = TenantKey(1);
const TWO: TenantKey = TenantKey(u128::MAX);

fn folder() -> &'static Path {
    Path::new(FOLDER)
}

fn limits() -> StoreLimits {
    StoreLimits {
        segments: SegmentSizes {
            least: 400,
            most: 400,
        },
        queue: QueueLimits {
            bytes: 1 << 20,
            age_milliseconds: 1 << 40,
        },
        manifest_bytes: 300,
    }
}

fn open(disk: &MemoryDisk) -> Result<(EpochStore, Loaded), OpenError> {
    EpochStore::open(Arc::new(disk.clone()), folder(), limits())
}

fn block(block: u32) -> BlockKey {
    let tenant = if block.is_multiple_of(2) { ONE } else { TWO };
    BlockKey {
        tenant,
        table: block / 4,
        block,
    }
}

fn endpoint(name: &str) -> EndpointKey {
    EndpointKey {
        tenant: ONE,
        name: name.to_owned(),
    }
}

fn cut(seconds: i64) -> Cut {
    Cut {
        unix_milliseconds: seconds * 1000,
        content_version: 3,
    }
}

/// Commits an epoch of these blocks.
fn commit(store: &mut EpochStore, seconds: i64, blocks: &[(u32, &[u8])]) -> Committed {
    let mut writer = store.begin(cut(seconds)).unwrap();
    for (number, bytes) in blocks {
        writer.put_block(block(*number), bytes).unwrap();
    }
    store.commit(writer).unwrap()
}

fn blocks(loaded: Loaded) -> BTreeMap<BlockKey, Vec<u8>> {
    loaded.blocks.map(Result::unwrap).collect()
}

fn expected(blocks: &[(u32, &[u8])]) -> BTreeMap<BlockKey, Vec<u8>> {
    blocks
        .iter()
        .map(|(number, bytes)| (block(*number), bytes.to_vec()))
        .collect()
}

fn manifests(disk: &MemoryDisk) -> Vec<String> {
    let files = disk.list(folder()).unwrap().into_iter();
    files
        .map(|file| file.name)
        .filter(|name| name.starts_with("manifest"))
        .collect()
}
