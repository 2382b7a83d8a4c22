//! A cut is kept whole with its samples, or its samples go with the next one.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use spangraph_config::{DurabilitySettings, TenantId};
use spangraph_storage::disk::memory::MemoryDisk;

use super::*;
use crate::batches::{Chunk, ChunkKind, Compressor, SeriesEnd};
use crate::durability::{BlockSink, CollectingImage, FoundState, Table, decode_samples};
use crate::graph_history::GraphHistoryImage;

/// State of given blocks, from which one collection of so many samples is due.
#[derive(Clone, Debug, Default)]
struct Image {
    blocks: BTreeMap<TableBlock, &'static str>,
    changed: BTreeSet<TableBlock>,
    samples: usize,
}

impl StateImage for Image {
    fn save(&self, which: Which, sink: &mut BlockSink<'_>) -> Result<(), StoreError> {
        let is_written = |at: &TableBlock| which == Which::All || self.changed.contains(at);
        let mut written = self.blocks.iter().filter(|(at, _)| is_written(at));
        written.try_for_each(|(at, bytes)| sink(*at, bytes.as_bytes()))
    }

    fn tables(&self) -> Vec<Table> {
        let of = |table| {
            let blocks = self.blocks.keys().filter(|at| at.table == table).count();
            let blocks = u32::try_from(blocks).unwrap();
            Table { table, blocks }
        };
        [0, 1].map(of).into()
    }
}

impl CollectingImage for Image {
    fn collect(&self, hand_on: &mut dyn FnMut(Collected)) {
        if self.samples > 0 {
            hand_on(collected(self.samples));
        }
    }
}

fn collected(samples: usize) -> Collected {
    let end = SeriesEnd {
        byte: 0,
        samples: 1,
        exemplars: 0,
    };
    let chunk = Chunk {
        kind: ChunkKind::Samples,
        lane: 3,
        series: Compressor::new().compress(b""),
        ends: vec![end; samples].into(),
        collected_unix_milliseconds: 5,
    };
    vec![chunk].into()
}

const fn at(table: u32, block: u32) -> TableBlock {
    TableBlock { table, block }
}

fn image(blocks: &[(TableBlock, &'static str)], changed: &[TableBlock], samples: usize) -> Image {
    Image {
        blocks: blocks.iter().copied().collect(),
        changed: changed.iter().copied().collect(),
        samples,
    }
}

fn cut(tenants: &[(&str, Image)]) -> PipelineCut {
    let tenant = |(id, image): &(&str, Image)| TenantCut {
        id: TenantId::parse(id).unwrap(),
        endpoints: vec!["store".to_owned()],
        collected: Vec::new(),
        series: Box::new(image.clone()),
        pending: Vec::new(),
        graph: GraphHistoryImage::default(),
    };
    PipelineCut {
        unix_milliseconds: 15_000,
        positions: BTreeMap::new(),
        tenants: tenants.iter().map(tenant).collect(),
        missed: Vec::new(),
        is_whole: false,
    }
}

fn settings() -> DurabilitySettings {
    DurabilitySettings {
        path: PathBuf::from("state"),
        interval: Duration::from_secs(15),
        max_queue_bytes: 1 << 20,
        log: None,
        max_backfill: Duration::ZERO,
    }
}

fn open(disk: &MemoryDisk) -> FoundState {
    StateFolder::on(Arc::new(disk.clone()), &settings())
        .read()
        .unwrap()
}

/// All blocks by tenant, as a start finds them; whoever had the disk before must not use it any more.
fn found(disk: &MemoryDisk) -> BTreeMap<String, Vec<(TableBlock, String)>> {
    let tenants = open(disk).tenants.into_iter();
    let text = |block: Result<_, StoreError>| {
        let (at, bytes): (TableBlock, Vec<u8>) = block.unwrap();
        (at, String::from_utf8(bytes).unwrap())
    };
    tenants
        .map(|tenant| (tenant.id.to_string(), tenant.into_blocks().map(text).collect()))
        .collect()
}

fn waiting(keeper: &mut Keeper, tenant: &str) -> Vec<usize> {
    let endpoint = EndpointKey {
        tenant: TenantKey::of(tenant),
        name: "store".to_owned(),
    };
    let mut samples = Vec::new();
    let mut after = None;
    while let Some(batch) = keeper.store().take(&endpoint, after).unwrap() {
        after = Some(batch.number);
        let collected = decode_samples(batch.bytes).unwrap();
        samples.push(collected.chunks.iter().map(Chunk::samples).sum());
    }
    samples
}

#[test]
fn a_cut_is_found_again_with_what_did_not_change_since() {
    let disk = MemoryDisk::default();
    let mut keeper = open(&disk).keeper;
    let first = image(&[(at(0, 0), "a"), (at(0, 1), "b"), (at(1, 0), "c")], &[], 2);
    keeper.keep(cut(&[("shop", first)])).unwrap();
    let second = image(&[(at(0, 0), "A"), (at(0, 1), "never read")], &[at(0, 0)], 3);
    let kept = keeper.keep(cut(&[("shop", second)])).unwrap();
    assert_eq!((kept.committed.epoch.number, kept.samples), (2, 3));
    assert_eq!(waiting(&mut keeper, "shop"), [2, 3]);
    let blocks = [(at(0, 0), "A".to_owned()), (at(0, 1), "b".to_owned())];
    assert_eq!(found(&disk), BTreeMap::from([("shop".to_owned(), blocks.into())]));
}

#[test]
fn a_tenant_that_is_gone_leaves_nothing_but_its_name_for_as_long_as_its_samples_wait() {
    let disk = MemoryDisk::default();
    let mut keeper = open(&disk).keeper;
    let one = || image(&[(at(0, 0), "a")], &[], 1);
    keeper.keep(cut(&[("shop", one()), ("bank", one())])).unwrap();
    keeper.keep(cut(&[("bank", one())])).unwrap();
    assert_eq!(waiting(&mut keeper, "shop"), [1]);
    assert_eq!(found(&disk)["shop"], []);
    let mut keeper = open(&disk).keeper;
    let endpoint = |tenant| EndpointKey {
        tenant: TenantKey::of(tenant),
        name: "store".to_owned(),
    };
    keeper.store().acknowledge(&endpoint("shop"), u64::MAX);
    keeper.keep(cut(&[("bank", one())])).unwrap();
    keeper.keep(cut(&[("bank", one())])).unwrap();
    assert_eq!(found(&disk).into_keys().collect::<Vec<_>>(), ["bank"]);
    // One that comes again is written whole, whatever it calls changed.
    let mut keeper = open(&disk).keeper;
    keeper.keep(cut(&[("shop", one()), ("bank", one())])).unwrap();
    assert_eq!(found(&disk)["shop"], [(at(0, 0), "a".to_owned())]);
}

#[test]
fn a_tenant_that_went_before_it_was_in_any_epoch_has_its_name_beside_its_samples() {
    let disk = MemoryDisk::default();
    let mut keeper = open(&disk).keeper;
    disk.set_capacity(Some(disk.used_bytes()));
    let failed = keeper.keep(cut(&[("shop", image(&[(at(0, 0), "a")], &[], 1))]));
    assert!(failed.is_err());
    disk.set_capacity(None);
    keeper.keep(cut(&[])).unwrap();
    assert_eq!(waiting(&mut keeper, "shop"), [1]);
    assert_eq!(found(&disk)["shop"], []);
}

#[test]
fn samples_of_an_endpoint_that_went_are_told_by_name_and_counted_when_they_go() {
    let disk = MemoryDisk::default();
    let mut keeper = open(&disk).keeper;
    let one = || image(&[(at(0, 0), "a")], &[], 1);
    let kept = keeper.keep(cut(&[("shop", one())])).unwrap();
    assert_eq!(kept.unclaimed, []);
    let waits = EndpointSamples {
        tenant: "shop".to_owned(),
        endpoint: "store".to_owned(),
        samples: 1,
    };
    let mut renamed = cut(&[("shop", one())]);
    renamed.tenants[0].endpoints = vec!["other".to_owned()];
    let kept = keeper.keep(renamed).unwrap();
    assert_eq!(kept.unclaimed, std::slice::from_ref(&waits));
    let mut next_day = cut(&[]);
    next_day.unix_milliseconds += 25 * 60 * 60 * 1_000;
    let kept = keeper.keep(next_day).unwrap();
    assert!(kept.dropped.contains(&waits), "{:?}", kept.dropped);
    assert_eq!(kept.unclaimed, []);
}

#[test]
fn a_start_without_room_says_what_to_do() {
    let disk = MemoryDisk::default();
    drop(open(&disk));
    disk.set_capacity(Some(disk.used_bytes()));
    let refused = StateFolder::on(Arc::new(disk), &settings()).read().unwrap_err();
    assert_eq!(refused.advice(), Some("free room on its disk"));
}

#[test]
fn the_samples_of_a_cut_that_is_not_kept_go_with_the_next_which_is_written_whole() {
    let disk = MemoryDisk::default();
    let mut keeper = open(&disk).keeper;
    keeper
        .keep(cut(&[("shop", image(&[(at(0, 0), "a")], &[], 1))]))
        .unwrap();
    disk.set_capacity(Some(disk.used_bytes()));
    let second = image(&[(at(0, 0), "b"), (at(0, 1), "c")], &[at(0, 0), at(0, 1)], 2);
    let error = keeper.keep(cut(&[("shop", second)])).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the state of this cut was not kept: "),
        "{error}"
    );
    disk.set_capacity(None);
    let third = image(&[(at(0, 0), "b"), (at(0, 1), "c")], &[], 3);
    keeper.keep(cut(&[("shop", third)])).unwrap();
    assert_eq!(waiting(&mut keeper, "shop"), [1, 2, 3]);
    let blocks = [(at(0, 0), "b".to_owned()), (at(0, 1), "c".to_owned())];
    assert_eq!(found(&disk)["shop"], blocks);
}

#[test]
fn whatever_sync_fails_the_next_cut_holds_all() {
    for successes in 0..12 {
        let disk = MemoryDisk::default();
        let mut keeper = open(&disk).keeper;
        keeper
            .keep(cut(&[("shop", image(&[(at(0, 0), "a")], &[], 1))]))
            .unwrap();
        disk.fail_sync_after(successes);
        let (mut expected, mut has_failed) = (vec![1], false);
        for samples in 2.. {
            expected.push(samples);
            let image = image(&[(at(0, 0), "b")], &[at(0, 0)], samples);
            let is_kept = keeper.keep(cut(&[("shop", image)])).is_ok();
            if is_kept && has_failed {
                break;
            }
            has_failed |= !is_kept;
        }
        // A commit that is in doubt may stand: its samples then wait twice, with the same values.
        let mut waits = waiting(&mut keeper, "shop");
        waits.sort_unstable();
        waits.dedup();
        assert_eq!(waits, expected, "after {successes}");
        assert_eq!(
            found(&disk)["shop"],
            [(at(0, 0), "b".to_owned())],
            "after {successes}"
        );
    }
}

#[test]
fn state_of_a_later_version_is_refused_with_what_to_do() {
    let disk = MemoryDisk::default();
    let mut keeper = open(&disk).keeper;
    let later = Cut {
        unix_milliseconds: 5,
        content_version: CONTENT_VERSION + 1,
    };
    let writer = keeper.store().begin(later).unwrap();
    keeper.store().commit(writer).unwrap();
    let error = StateFolder::on(Arc::new(disk), &settings()).read().unwrap_err();
    assert!(
        error.to_string().contains("start the version that wrote it"),
        "{error}"
    );
}
