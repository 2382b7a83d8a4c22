//! Chunks as an aggregator makes them, and what a store reads in them.

use std::sync::Arc;

use prost::Message;

use crate::compressed::Compressor;
use crate::samples::{Chunk, ChunkKind, SeriesEnd};
use crate::writer::Enqueue;

#[derive(Clone, PartialEq, prost::Message)]
pub struct WriteRequest {
    #[prost(message, repeated, tag = "1")]
    pub timeseries: Vec<TimeSeries>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct TimeSeries {
    #[prost(message, repeated, tag = "1")]
    pub labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    pub samples: Vec<Sample>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Label {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub value: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Sample {
    #[prost(double, tag = "1")]
    pub value: f64,
    #[prost(int64, tag = "2")]
    pub timestamp: i64,
}

/// A chunk with one sample for each of `series`, whose time is `value` too.
pub fn chunk(kind: ChunkKind, lane: usize, series: &[&str], value: i32) -> Chunk {
    let (mut bytes, mut ends) = (Vec::new(), Vec::new());
    for name in series {
        let labels = vec![Label {
            name: "__name__".to_owned(),
            value: (*name).to_owned(),
        }];
        let samples = vec![Sample {
            value: f64::from(value),
            timestamp: i64::from(value),
        }];
        WriteRequest {
            timeseries: vec![TimeSeries { labels, samples }],
        }
        .encode(&mut bytes)
        .unwrap();
        ends.push(SeriesEnd {
            byte: u32::try_from(bytes.len()).unwrap(),
            samples: 1,
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
    let plain = snap::raw::Decoder::new().decompress_vec(body).unwrap();
    let request = WriteRequest::decode(&*plain).unwrap();
    let series = request.timeseries.iter();
    series
        .map(|series| format!("{}={}", series.labels[0].value, series.samples[0].value))
        .collect()
}
