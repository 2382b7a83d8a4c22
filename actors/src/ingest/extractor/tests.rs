//! Whole requests: the rules of SPEC §2 to §4 by example, and random requests against a naive model.

mod databases;
mod durations;
mod field_order;
mod model;
mod named_updates;
mod peers;
mod properties;
mod requests;
mod resource_info;
mod rules;
mod span_metrics;
mod span_model;
mod span_properties;

use super::*;
use crate::batches::{CallKey, Connection, EdgeKind, HalfEdges, TextId, Texts};
use crate::ingest::SpanCounts;

/// The moment at which all requests are taken.
const NOW: u64 = 1_700_000_000_000_000_000;

/// A half-edge with its texts, and nothing that depends on numbers of a table.
#[derive(Clone, Debug, PartialEq)]
struct NamedHalf {
    key: CallKey,
    kind: EdgeKind,
    filtered: bool,
    failed: bool,
    connection: Connection,
    service: Option<String>,
    peer: Option<String>,
    database: Option<String>,
    times: (u64, u64),
    multiplier: f64,
    latency: Option<f64>,
    dimensions: Vec<Option<String>>,
}

/// The half-edges of one batch, by name.
fn named(batch: &HalfEdges) -> Vec<NamedHalf> {
    let width = batch
        .dimensions
        .len()
        .checked_div(batch.halves.len())
        .unwrap_or(0);
    assert_eq!(batch.dimensions.len(), width * batch.halves.len());
    let text = |id: TextId| id.is_present().then(|| Texts::get(&batch.texts, id).to_owned());
    let named = |(index, half): (usize, &crate::batches::HalfEdge)| NamedHalf {
        key: half.key,
        kind: half.kind,
        filtered: half.filtered,
        failed: half.failed,
        connection: half.connection,
        service: text(half.service),
        peer: text(half.peer),
        database: text(half.database),
        times: (half.start_unix_nanoseconds, half.end_unix_nanoseconds),
        multiplier: half.multiplier,
        latency: half.latency.seconds(),
        dimensions: batch.dimensions[index * width..][..width]
            .iter()
            .map(|id| text(*id))
            .collect(),
    };
    batch.halves.iter().enumerate().map(named).collect()
}
