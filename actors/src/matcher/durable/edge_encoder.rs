//! Writes pending edges into blocks.

use prost::Message as _;

use super::records::{
    ABSENT_TEXT, EMPTY_TEXT, EdgesRecord, FIRST_TEXT, IMPOSSIBLE_LATENCY, LayoutRecord, connection_number,
    kind_number,
};
use crate::batches::{CallKey, Latency};
use crate::matcher::pending_edge::PendingEdge;
use crate::matcher::symbols::{FrozenSymbols, Symbol};
use crate::time::PipelineTime;

/// One block after the other; the memory for it is used again.
#[derive(Debug)]
pub struct EdgeEncoder<'i> {
    symbols: &'i FrozenSymbols,
    record: EdgesRecord,
    /// For each symbol the number of its text in the block, or [`ABSENT_TEXT`] while it has none.
    numbers: Vec<u32>,
    /// The symbols that have a number.
    numbered: Vec<Symbol>,
    began: Differences,
    block: Vec<u8>,
}

/// Times as the differences to those before them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Differences(i64);

impl<'i> EdgeEncoder<'i> {
    /// For edges whose texts are in `symbols`, with rows of `layout`.
    pub fn new(symbols: &'i FrozenSymbols, layout: &LayoutRecord) -> Self {
        let record = EdgesRecord {
            layout: layout.clone(),
            ..EdgesRecord::default()
        };
        Self {
            symbols,
            record,
            numbers: vec![ABSENT_TEXT; symbols.rows()],
            numbered: Vec::new(),
            began: Differences::default(),
            block: Vec::new(),
        }
    }

    /// Adds an edge to the block.
    pub fn push(&mut self, edge: &PendingEdge, dimensions: &[Symbol]) {
        self.push_texts(edge, dimensions);
        let record = &mut self.record;
        push_key(&edge.key, &mut record.keys);
        record.began.push(self.began.next(edge.began));
        record.connections.push(connection_number(edge.connection));
        record.kinds.push(kind_number(edge.kind));
        record.failed.push(edge.failed);
        record.client_halves.push(edge.client_halves);
        record.server_halves.push(edge.server_halves);
        record.client_latencies.push(latency_number(edge.client_latency));
        record.server_latencies.push(latency_number(edge.server_latency));
        record.client_ends.push(edge.client_end_unix_nanoseconds);
        record.server_starts.push(edge.server_start_unix_nanoseconds);
        record.multipliers.push(edge.multiplier);
    }

    /// The block, and begins the next one.
    pub fn finish(&mut self) -> &[u8] {
        self.block.clear();
        self.block.reserve(self.record.encoded_len());
        // There is room: a vector grows as it is written to.
        let _ = self.record.encode(&mut self.block);
        self.begin();
        &self.block
    }

    fn push_texts(&mut self, edge: &PendingEdge, dimensions: &[Symbol]) {
        let [client, server, peer] = [edge.client, edge.server, edge.peer].map(|text| self.number(text));
        self.record.clients.push(client);
        self.record.servers.push(server);
        self.record.peers.push(peer);
        for text in dimensions {
            let number = self.number(*text);
            self.record.dimensions.push(number);
        }
    }

    fn number(&mut self, symbol: Symbol) -> u32 {
        if symbol == Symbol::EMPTY {
            return EMPTY_TEXT;
        }
        let Some(known) = self.numbers.get_mut(symbol.index()) else {
            return ABSENT_TEXT;
        };
        if *known == ABSENT_TEXT {
            let texts = &mut self.record.texts;
            let text = self.symbols.get(symbol);
            texts.joined.push_str(text);
            texts.lengths.push(u32::try_from(text.len()).unwrap_or(u32::MAX));
            self.numbered.push(symbol);
            *known = u32::try_from(self.numbered.len()).map_or(ABSENT_TEXT, |count| count - 1 + FIRST_TEXT);
        }
        *known
    }

    fn begin(&mut self) {
        for symbol in self.numbered.drain(..) {
            if let Some(number) = self.numbers.get_mut(symbol.index()) {
                *number = ABSENT_TEXT;
            }
        }
        let layout = std::mem::take(&mut self.record.layout);
        self.record.clear();
        self.record.layout = layout;
        self.began = Differences::default();
    }
}

impl Differences {
    /// The difference of `time` to the one before it.
    pub fn next(&mut self, time: PipelineTime) -> i64 {
        let last = std::mem::replace(&mut self.0, time.unix_milliseconds());
        self.0.wrapping_sub(last)
    }

    /// The time with this difference to the one before it.
    pub fn add(&mut self, difference: i64) -> PipelineTime {
        self.0 = self.0.wrapping_add(difference);
        PipelineTime::from_unix_milliseconds(self.0)
    }
}

/// Appends a key as it stands in blocks.
pub fn push_key(key: &CallKey, keys: &mut Vec<u8>) {
    keys.extend_from_slice(&key.trace_id);
    keys.extend_from_slice(&key.span_id);
}

fn latency_number(latency: Latency) -> f64 {
    latency.seconds().unwrap_or(IMPOSSIBLE_LATENCY)
}
