//! Reads a block of pending edges.

use prost::Message as _;

use super::block_error::BlockFlaw;
use super::edge_encoder::Differences;
use super::records::{
    ABSENT_TEXT, EMPTY_TEXT, EdgesRecord, FIRST_TEXT, IMPOSSIBLE_LATENCY, KEY_BYTES, LayoutRecord,
    connection_of, kind_of,
};
use crate::batches::{CallKey, Latency};
use crate::matcher::pending_edge::PendingEdge;
use crate::matcher::row_layout::width_of;
use crate::time::PipelineTime;

/// A block whose columns fit together.
#[derive(Debug)]
pub struct SavedEdges {
    record: EdgesRecord,
    /// Where each text ends, and before the first of them 0.
    text_ends: Vec<usize>,
    width: usize,
}

/// An edge of a block. Its texts are numbers of the block's, and those of `edge` not set.
#[derive(Debug)]
pub struct SavedEdge<'b> {
    pub edge: PendingEdge,
    pub client: u32,
    pub server: u32,
    pub peer: u32,
    pub dimensions: &'b [u32],
}

impl SavedEdges {
    /// The edges of `block`.
    pub fn decode(block: &[u8]) -> Result<Self, BlockFlaw> {
        let record = EdgesRecord::decode(block)?;
        let text_ends = text_ends(&record)?;
        let width = width_of(record.layout.dimensions.len(), record.layout.prefixed);
        let saved = Self {
            record,
            text_ends,
            width,
        };
        saved.check()?;
        Ok(saved)
    }

    /// What the rows of dimensions were made for.
    pub fn layout(&self) -> &LayoutRecord {
        &self.record.layout
    }

    /// How many numbers texts have.
    pub fn texts(&self) -> usize {
        FIRST_TEXT as usize + self.record.texts.lengths.len()
    }

    /// The text with this number; `None` when it is absent.
    pub fn text(&self, number: u32) -> Result<Option<&str>, BlockFlaw> {
        match number {
            ABSENT_TEXT => Ok(None),
            EMPTY_TEXT => Ok(Some("")),
            numbered => self
                .text_at((numbered - FIRST_TEXT) as usize)
                .map(Some)
                .ok_or(BlockFlaw::Value { column: "texts" }),
        }
    }

    /// The edges in the order in which they expire.
    pub fn edges(&self) -> impl Iterator<Item = Result<SavedEdge<'_>, BlockFlaw>> {
        let mut time = Differences::default();
        let began = self.record.began.iter().map(move |began| time.add(*began));
        keys(&self.record.keys)
            .zip(began)
            .enumerate()
            .map(|(position, (key, began))| self.edge(position, key, began))
    }

    fn edge(&self, position: usize, key: CallKey, began: PipelineTime) -> Result<SavedEdge<'_>, BlockFlaw> {
        let record = &self.record;
        let kind = value("kinds", kind_of(at("kinds", &record.kinds, position)?))?;
        let connection = connection_of(at("connections", &record.connections, position)?);
        let latency = |column, latencies| latency(column, at(column, latencies, position)?);
        let edge = PendingEdge {
            connection: value("connections", connection)?,
            failed: at("failed", &record.failed, position)?,
            client_halves: at("client_halves", &record.client_halves, position)?,
            server_halves: at("server_halves", &record.server_halves, position)?,
            client_latency: latency("client_latencies", &record.client_latencies)?,
            server_latency: latency("server_latencies", &record.server_latencies)?,
            client_end_unix_nanoseconds: at("client_ends", &record.client_ends, position)?,
            server_start_unix_nanoseconds: at("server_starts", &record.server_starts, position)?,
            multiplier: at("multipliers", &record.multipliers, position)?,
            ..PendingEdge::new(key, kind, began)
        };
        let row = position * self.width..(position + 1) * self.width;
        Ok(SavedEdge {
            edge,
            client: at("clients", &record.clients, position)?,
            server: at("servers", &record.servers, position)?,
            peer: at("peers", &record.peers, position)?,
            dimensions: value("dimensions", record.dimensions.get(row))?,
        })
    }

    fn check(&self) -> Result<(), BlockFlaw> {
        let record = &self.record;
        let edges = record.began.len();
        check_lengths([
            ("keys", record.keys.len(), KEY_BYTES * edges),
            ("clients", record.clients.len(), edges),
            ("servers", record.servers.len(), edges),
            ("peers", record.peers.len(), edges),
            ("connections", record.connections.len(), edges),
            ("kinds", record.kinds.len(), edges),
            ("failed", record.failed.len(), edges),
            ("client_halves", record.client_halves.len(), edges),
            ("server_halves", record.server_halves.len(), edges),
            ("client_latencies", record.client_latencies.len(), edges),
            ("server_latencies", record.server_latencies.len(), edges),
            ("client_ends", record.client_ends.len(), edges),
            ("server_starts", record.server_starts.len(), edges),
            ("multipliers", record.multipliers.len(), edges),
            ("dimensions", record.dimensions.len(), self.width * edges),
        ])
    }

    fn text_at(&self, index: usize) -> Option<&str> {
        let (start, end) = (self.text_ends.get(index)?, self.text_ends.get(index + 1)?);
        self.record.texts.joined.get(*start..*end)
    }
}

/// Whether each column has as many values as belong there.
pub fn check_lengths<const COLUMNS: usize>(
    columns: [(&'static str, usize, usize); COLUMNS],
) -> Result<(), BlockFlaw> {
    let mut columns = columns.into_iter();
    match columns.find(|(_, found, expected)| found != expected) {
        Some((column, found, expected)) => Err(BlockFlaw::Length {
            column,
            found,
            expected,
        }),
        None => Ok(()),
    }
}

/// The keys that were written one behind the other.
pub fn keys(bytes: &[u8]) -> impl Iterator<Item = CallKey> {
    let (keys, _) = bytes.as_chunks::<KEY_BYTES>();
    keys.iter().map(|key| CallKey {
        trace_id: key.first_chunk().copied().unwrap_or_default(),
        span_id: key.last_chunk().copied().unwrap_or_default(),
    })
}

fn text_ends(record: &EdgesRecord) -> Result<Vec<usize>, BlockFlaw> {
    let (mut ends, mut end) = (vec![0], 0);
    for length in &record.texts.lengths {
        end += *length as usize;
        ends.push(end);
    }
    check_lengths([("texts", record.texts.joined.len(), end)])?;
    Ok(ends)
}

fn at<T: Copy>(column: &'static str, values: &[T], position: usize) -> Result<T, BlockFlaw> {
    value(column, values.get(position).copied())
}

fn value<T>(column: &'static str, value: Option<T>) -> Result<T, BlockFlaw> {
    value.ok_or(BlockFlaw::Value { column })
}

fn latency(column: &'static str, seconds: f64) -> Result<Latency, BlockFlaw> {
    match seconds {
        0.0.. => Ok(Latency::of_seconds(seconds)),
        _ if seconds == IMPOSSIBLE_LATENCY => Ok(Latency::IMPOSSIBLE),
        _ => Err(BlockFlaw::Value { column }),
    }
}
