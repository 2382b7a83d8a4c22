//! Chunks as an aggregator makes them, and what a store reads in them.

use std::sync::Arc;

use prost::Message as _;
use spangraph_test_support::remote_write::{TimeSeries, WriteRequest};

use crate::batches::{Chunk, ChunkKind, Compressor, SeriesEnd};
use crate::writer::Enqueue;

/// A chunk with one sample for each of `series`, whose time is `value` too.
pub fn chunk(kind: ChunkKind, lane: usize, series: &[&str], value: i32) -> Chunk {
    let (mut bytes, mut ends) = (Vec::new(), Vec::new());
    for name in series {
        let labels = [("__name__", *name)];
        WriteRequest {
            timeseries: vec![TimeSeries::with_sample(&labels, value.into(), value.into())],
            ..WriteRequest::default()
        }
        .encode(&mut bytes)
        .unwrap();
        ends.push(SeriesEnd {
            byte: u32::try_from(bytes.len()).unwrap(),
            samples: 1,
            exemplars: 0,
        });
    }
    let collected_unix_milliseconds = crate::writer::unix_milliseconds(std::time::SystemTime::now());
    Chunk {
        kind,
        lane,
        series: Compressor::new().compress(&bytes),
        ends: ends.into(),
        collected_unix_milliseconds,
    }
}

/// One collection of samples: for each lane the named series with `value`.
pub fn samples(series: &[(usize, &str)], value: i32) -> Enqueue {
    let chunks = series
        .iter()
        .map(|(lane, name)| chunk(ChunkKind::Samples, *lane, &[name], value));
    Enqueue(Arc::new(chunks.collect::<Vec<_>>().into()))
}

/// The samples of a body as `name=value`, in order.
pub fn read(body: &[u8]) -> Vec<String> {
    let request = WriteRequest::from_body(body).unwrap();
    let series = request.timeseries.iter();
    series
        .map(|series| format!("{}={}", series.name(), series.samples[0].value))
        .collect()
}
