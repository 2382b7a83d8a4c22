//! Whole collections: every kind of chunk, what is remembered, and what that costs.

use super::{Relabeler, chunk, read, rules, series};
use crate::samples::{ChunkKind, Collected};
use crate::writer::counts::Counts;

const RULES: &str =
    "[{source_labels: [a], regex: 'drop.*', action: drop}, {source_labels: [a], target_label: copy}]";

const KINDS: [ChunkKind; 4] = [
    ChunkKind::Seeds,
    ChunkKind::Samples,
    ChunkKind::Exemplars,
    ChunkKind::NativeHistograms,
];

fn numbered(range: std::ops::Range<u32>) -> Vec<super::Series> {
    range.map(|number| series(&format!("a=x{number},b=y"))).collect()
}

#[test]
fn every_kind_is_relabelled_in_its_lane_and_counted_when_dropped() {
    let all = [series("a=x"), series("a=drop-1"), series("a=drop-2")];
    let collected = Collected {
        chunks: KINDS.map(|kind| chunk(kind, &all)).into(),
        continues: true,
    };
    let relabelled = Relabeler::new(&rules(RULES)).unwrap().apply(&collected);
    assert!(relabelled.collected.continues);
    for (chunk, kind) in relabelled.collected.chunks.iter().zip(KINDS) {
        assert_eq!((chunk.kind, chunk.lane, chunk.samples()), (kind, 5, 1));
        assert_eq!(read(chunk), [series("a=x,copy=x")]);
    }
    let dropped = Counts {
        seeds: 2,
        samples: 2,
        exemplars: 2,
        histograms: 2,
    };
    assert_eq!(relabelled.dropped, dropped);
}

#[test]
fn series_that_are_gone_are_forgotten() {
    let mut relabeler = Relabeler::new(&rules(RULES)).unwrap();
    for round in 0..20 {
        let all = numbered(round * 1000..(round + 1) * 1000);
        let collected = Collected::from(vec![chunk(ChunkKind::Samples, &all)]);
        let relabelled = relabeler.apply(&collected);
        assert_eq!(relabelled.collected.chunks[0].samples(), 1000);
        assert!(relabeler.remembered() <= 2500, "{}", relabeler.remembered());
    }
}

#[test]
fn series_in_other_parts_of_a_collection_are_not_gone() {
    let mut relabeler = Relabeler::new(&rules(RULES)).unwrap();
    for _ in 0..5 {
        for part in 0..4 {
            let series = numbered(part * 1000..(part + 1) * 1000);
            let collected = Collected {
                chunks: vec![chunk(ChunkKind::Samples, &series)],
                continues: part > 0,
            };
            let _ = relabeler.apply(&collected);
        }
        assert_eq!(relabeler.remembered(), 4000);
    }
}

#[test]
fn a_series_that_is_known_costs_no_allocation() {
    let mut relabeler = Relabeler::new(&rules("[{regex: b, action: labeldrop}]")).unwrap();
    let collected = |count| Collected::from(vec![chunk(ChunkKind::Samples, &numbered(0..count))]);
    let (few, many) = (collected(10), collected(1000));
    let _ = relabeler.apply(&many);
    let mut allocations =
        |collected: &Collected| allocation_counter::measure(|| drop(relabeler.apply(collected))).count_total;
    assert_eq!(allocations(&few), allocations(&many));
}

#[test]
fn without_rules_there_is_nothing_to_do() {
    assert!(Relabeler::new(&[]).is_none());
}
