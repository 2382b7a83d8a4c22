//! Whole collections: every kind of chunk, what is remembered, and what that costs.

use std::collections::BTreeMap;

use spangraph_proto::remote_write::{put_label, put_time_series};

use super::{CONTENT, DroppedBy, Relabeler, chunk, read, rules, series};
use crate::batches::{Chunk, ChunkKind, Collected, Compressor, SeriesEnd};
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
    range
        .map(|number| series(&format!("__name__=n,a=x{number},b=y")))
        .collect()
}

#[test]
fn every_kind_is_relabelled_in_its_lane_and_counted_when_dropped() {
    let all = [
        series("__name__=n,a=x"),
        series("__name__=n,a=drop-1"),
        series("__name__=n,a=drop-2"),
    ];
    let collected = Collected {
        chunks: KINDS.map(|kind| chunk(kind, &all)).into(),
        continues: true,
    };
    let relabelled = Relabeler::new(&rules(RULES)).unwrap().apply(&collected);
    assert!(relabelled.collected.continues);
    for (chunk, kind) in relabelled.collected.chunks.iter().zip(KINDS) {
        assert_eq!((chunk.kind, chunk.lane, chunk.samples()), (kind, 5, 1));
        assert_eq!(read(chunk), [series("__name__=n,a=x,copy=x")]);
    }
    let dropped = Counts {
        seeds: 2,
        samples: 2,
        exemplars: 2,
        histograms: 2,
        histogram_exemplars: 0,
    };
    assert_eq!(
        relabelled.dropped,
        BTreeMap::from([(DroppedBy::Rule(0), dropped)])
    );
}

#[test]
fn exemplars_within_a_native_histogram_that_is_dropped_are_counted() {
    let mut histogram = chunk(ChunkKind::NativeHistograms, &[series("__name__=n,a=drop-1")]);
    let with_exemplars = histogram
        .ends
        .iter()
        .map(|end| SeriesEnd { exemplars: 3, ..*end });
    histogram.ends = with_exemplars.collect();
    let relabelled = Relabeler::new(&rules(RULES))
        .unwrap()
        .apply(&vec![histogram].into());
    let dropped = relabelled.dropped.into_values().next().unwrap();
    assert_eq!((dropped.histograms, dropped.histogram_exemplars), (1, 3));
}

#[test]
fn series_that_no_store_can_take_are_dropped_and_told_from_those_that_a_rule_drops() {
    let written = "[{regex: 'd.*|z', action: drop, source_labels: [a]}, \
                    {regex: '(.*)', action: labelmap, replacement: '9$1'}]";
    for (written, all) in [
        (written, ["__name__=n,a=x", "__name__=n,a=z"]),
        (
            "[{regex: z, action: drop, source_labels: [a]}, {regex: __name__, action: labeldrop}]",
            ["__name__=n,a=x", "__name__=n,a=z"],
        ),
        (
            "[{regex: z, action: drop, source_labels: [a]}, {target_label: __name__, replacement: 'a-b'}]",
            ["__name__=n", "__name__=n,a=z"],
        ),
    ] {
        let collected = Collected::from(vec![chunk(ChunkKind::Samples, &all.map(series))]);
        let relabelled = Relabeler::new(&rules(written)).unwrap().apply(&collected);
        let one = Counts::of(ChunkKind::Samples, 1);
        let expected = [(DroppedBy::Rule(0), one), (DroppedBy::AfterRelabelling, one)];
        assert_eq!(relabelled.dropped, BTreeMap::from(expected), "{written}");
        assert_eq!(relabelled.collected.chunks[0].samples(), 0);
    }
}

#[test]
fn labels_that_are_no_text_cannot_be_relabelled_and_are_not_cut_off() {
    let mut labels = Vec::new();
    put_label(&mut labels, "__name__", "n");
    let broken = labels.len();
    put_label(&mut labels, "a", "xx");
    labels[broken + 6] = 0xff;
    let mut bytes = Vec::new();
    put_time_series(&mut bytes, &[&labels], CONTENT);
    let ends = [SeriesEnd {
        byte: u32::try_from(bytes.len()).unwrap(),
        samples: 1,
        exemplars: 0,
    }];
    let broken = Chunk {
        series: Compressor::new().compress(&bytes),
        ends: ends.into(),
        ..chunk(ChunkKind::Samples, &[])
    };
    let mut relabeler = Relabeler::new(&rules(RULES)).unwrap();
    let relabelled = relabeler.apply(&vec![broken].into());
    let dropped = Counts::of(ChunkKind::Samples, 1);
    assert_eq!(
        relabelled.dropped,
        BTreeMap::from([(DroppedBy::AfterRelabelling, dropped)])
    );
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
