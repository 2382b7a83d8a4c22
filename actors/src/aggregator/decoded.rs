//! For tests: edges in short form, and collected chunks decoded.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use prost::Message;
use spangraph_config::{TenantId, TenantSettings};
use spangraph_test_support::Labels;
use spangraph_test_support::remote_write::{TimeSeries, WriteRequest};

use super::registry::Registry;
use crate::batches::{
    ChunkKind, Collected, Connection, Edge, Edges, Latency, SpanEntry, SpanObservation, SpanUpdates, TextId,
    Texts,
};

/// A series' labels as Prometheus writes them: `name{label="value",…}`, sorted.
pub type Identity = String;

/// Samples as (value, time) by series and by kind of chunk.
#[derive(Debug, Default)]
pub struct Decoded {
    pub seeds: HashMap<Identity, (f64, i64)>,
    pub samples: HashMap<Identity, (f64, i64)>,
    /// Exemplars as (trace, value, time).
    pub exemplars: HashMap<Identity, (String, f64, i64)>,
    /// Native histograms.
    pub natives: HashMap<Identity, Native>,
}

/// A native histogram with its buckets by index, and its exemplars as (trace, value).
#[derive(Debug, PartialEq)]
pub struct Native {
    pub count: u64,
    pub sum: f64,
    pub schema: i32,
    pub zero: u64,
    pub buckets: BTreeMap<i32, u64>,
    pub timestamp: i64,
    pub exemplars: Vec<(String, f64)>,
}

pub fn registry(settings: &TenantSettings) -> Registry {
    Registry::new(settings, &TenantId::single())
}

/// One plain edge between `client` and `server`, of 0.3 s at the client and 0.15 s at the server.
pub fn edge(edges: &mut Edges, client: &str, server: &str) -> Edge {
    Edge {
        client: edges.texts.insert(client.as_bytes()).unwrap(),
        server: edges.texts.insert(server.as_bytes()).unwrap(),
        connection: Connection::Unset,
        virtual_side: None,
        failed: false,
        client_latency: Latency::of_seconds(0.3),
        server_latency: Latency::of_seconds(0.15),
        messaging_seconds: 0.0,
        multiplier: 1.0,
        trace_id: [0xab; 16],
    }
}

/// A batch of plain edges.
pub fn edges(pairs: &[(&str, &str)]) -> Edges {
    let mut batch = Edges::default();
    for (client, server) in pairs {
        let edge = edge(&mut batch, client, server);
        batch.edges.push(edge);
    }
    batch
}

/// One span as tests write it.
pub struct Span<'a> {
    /// In the order of an entry's values; empty means absent.
    pub labels: &'a [&'a str],
    pub seconds: f64,
    pub weight: f64,
}

/// The spans of one request, of 100 bytes and another trace each, merged by label set.
pub fn spans(spans: &[Span<'_>]) -> SpanUpdates {
    let (mut updates, mut texts) = (SpanUpdates::default(), Texts::new());
    let mut known: Vec<&[&str]> = Vec::new();
    for (trace, span) in (1..).zip(spans) {
        let place = known.iter().position(|labels| *labels == span.labels);
        let entry = place.unwrap_or(known.len());
        if place.is_none() {
            known.push(span.labels);
            updates.entries.push(SpanEntry::default());
            updates
                .labels
                .extend(span.labels.iter().map(|label| match *label {
                    "" => TextId::ABSENT,
                    text => texts.insert(text.as_bytes()).unwrap(),
                }));
        }
        updates.entries[entry].calls += span.weight;
        updates.entries[entry].size_bytes += 100.0;
        updates.observations.push(SpanObservation {
            entry: u32::try_from(entry).unwrap(),
            seconds: span.seconds,
            weight: span.weight,
            trace_id: [trace; 16],
        });
    }
    updates.texts = Arc::new(texts);
    updates
}

/// Decodes all chunks, and checks what must be true of any.
pub fn decode(collected: &Collected) -> Decoded {
    let mut decoded = Decoded::default();
    let mut lanes: BTreeMap<usize, Vec<ChunkKind>> = BTreeMap::new();
    for chunk in &collected.chunks {
        lanes.entry(chunk.lane).or_default().push(chunk.kind);
        let request = WriteRequest::decode(chunk.series.decompress().unwrap().as_slice()).unwrap();
        assert_eq!(request.timeseries.len(), chunk.ends.len());
        assert!(chunk.samples() <= 2_000);
        for series in request.timeseries {
            decoded.take(chunk.kind, &series);
        }
    }
    for kinds in lanes.values() {
        assert!(kinds.is_sorted_by_key(|kind| *kind as u8), "{kinds:?}");
    }
    decoded
}

impl Decoded {
    fn take(&mut self, kind: ChunkKind, series: &TimeSeries) {
        let identity = written(series.label_set().unwrap());
        let earlier = match kind {
            ChunkKind::NativeHistograms => self.natives.insert(identity, native(series)).is_some(),
            ChunkKind::Exemplars => {
                assert!(series.samples.is_empty());
                let [exemplar] = series.exemplars.as_slice() else {
                    panic!("one exemplar a series")
                };
                let trace = format!("{}={}", exemplar.labels[0].name, exemplar.labels[0].value);
                self.exemplars
                    .insert(identity, (trace, exemplar.value, exemplar.timestamp))
                    .is_some()
            }
            _ => {
                assert!(series.exemplars.is_empty());
                let [sample] = series.samples.as_slice() else {
                    panic!("one sample a series")
                };
                let samples = if kind == ChunkKind::Seeds {
                    &mut self.seeds
                } else {
                    &mut self.samples
                };
                samples
                    .insert(identity, (sample.value, sample.timestamp))
                    .is_some()
            }
        };
        assert!(!earlier, "a series comes once a kind: {series:?}");
    }

    /// The values of the samples that are no staleness markers.
    pub fn values(&self) -> HashMap<Identity, f64> {
        let living = self.samples.iter().filter(|(_, (value, _))| !value.is_nan());
        living
            .map(|(identity, (value, _))| (identity.clone(), *value))
            .collect()
    }
}

fn native(series: &TimeSeries) -> Native {
    assert!(series.samples.is_empty());
    let [histogram] = series.histograms.as_slice() else {
        panic!("one native histogram a series")
    };
    assert!(histogram.negative_spans.is_empty(), "{histogram:?}");
    let exemplars = series.exemplars.iter().map(|exemplar| {
        assert_eq!(exemplar.timestamp, histogram.timestamp);
        let label = &exemplar.labels[0];
        (format!("{}={}", label.name, label.value), exemplar.value)
    });
    Native {
        count: histogram.whole_count().unwrap(),
        sum: histogram.sum,
        schema: histogram.schema,
        zero: histogram.whole_zero_count().unwrap(),
        buckets: histogram.positive_buckets().unwrap(),
        timestamp: histogram.timestamp,
        exemplars: exemplars.collect(),
    }
}

/// The identity of the series with these labels, `__name__` among them.
pub fn written(mut labels: Labels) -> Identity {
    let name = labels.remove("__name__").unwrap_or_default();
    let pairs: Vec<_> = labels
        .iter()
        .map(|(name, value)| format!("{name}={value:?}"))
        .collect();
    format!("{name}{{{}}}", pairs.join(","))
}
