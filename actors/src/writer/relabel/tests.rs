//! Rules are read from the configuration, and checked by tables, against a naive model, and by allocations.

mod actions;
mod collections;
mod model;

use std::collections::BTreeMap;

use spangraph_config::{Config, RelabelRule, TenantId};

use super::*;
use crate::batches::{ChunkKind, Compressor};

/// The rules as a file has them.
pub(in crate::writer) fn rules(written: &str) -> Vec<RelabelRule> {
    let file = format!(
        "metrics_generator: {{storage: {{remote_write: [{{url: 'http://a', write_relabel_configs: {written}}}]}}}}"
    );
    let config = Config::from_yaml(&file).unwrap_or_else(|mistakes| panic!("{mistakes}\n{file}"));
    let [endpoint] = config
        .tenant(&TenantId::single())
        .remote_write
        .try_into()
        .unwrap();
    endpoint.write_relabel_rules
}

/// A series' labels.
pub(super) type Series = BTreeMap<String, String>;

/// `a=1,b=2` as labels.
pub(super) fn series(text: &str) -> Series {
    let pairs = text.split(',').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// A chunk with one sample for each series.
pub(super) fn chunk(kind: ChunkKind, all: &[Series]) -> Chunk {
    let (mut bytes, mut ends) = (Vec::new(), Vec::new());
    for one in all {
        let mut labels = Vec::new();
        one.iter()
            .for_each(|(name, value)| put_label(&mut labels, name, value));
        put_time_series(&mut bytes, &[&labels], CONTENT);
        ends.push(SeriesEnd {
            byte: u32::try_from(bytes.len()).unwrap(),
            samples: 1,
            exemplars: 0,
        });
    }
    Chunk {
        kind,
        lane: 5,
        series: Compressor::new().compress(&bytes),
        ends: ends.into(),
        collected_unix_milliseconds: 1,
    }
}

/// Stands for a sample, an exemplar or a histogram, which are no business of rules.
pub(super) const CONTENT: &[u8] = &[0x12, 3, 1, 2, 3];

/// The series in a chunk.
pub(super) fn read(chunk: &Chunk) -> Vec<Series> {
    let plain = chunk.series.decompress().unwrap();
    let mut start = 0;
    let read = chunk.ends.iter().map(|end| {
        let field = &plain[start..end.byte as usize];
        start = end.byte as usize;
        let (encoded, content) = split_time_series(field).unwrap();
        assert_eq!(content, CONTENT);
        let pairs: Vec<_> = labels(encoded).collect();
        assert!(pairs.is_sorted(), "{pairs:?}");
        let pairs = pairs.into_iter();
        pairs
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    });
    let read = read.collect();
    assert_eq!(start, plain.len());
    read
}

/// What the rules make of one series, whether or not a store could take that.
pub(super) fn relabelled(rules: &[RelabelRule], one: &Series) -> Option<Series> {
    let pairs = one.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let left = rules::apply(Labels::of(pairs), rules).ok()?;
    let left: Series = left.sorted().into_iter().collect();
    (!left.is_empty()).then_some(left)
}
