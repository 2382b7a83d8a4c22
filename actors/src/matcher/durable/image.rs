//! One tenant's pairing in one shard as of a cut, written as blocks on another thread.

use std::sync::OnceLock;

use spangraph_config::ServiceGraphsSettings;
use spangraph_storage::epochs::StoreError;

use super::edge_encoder::EdgeEncoder;
use super::marks::encode_marks;
use super::records::LayoutRecord;
use super::tables::PairingTable;
use crate::durability::{BlockSink, StateImage, Table, TableBlock, Which};
use crate::matcher::markers::FrozenMarks;
use crate::matcher::pending_table::FrozenEdges;
use crate::matcher::symbols::FrozenSymbols;

/// The most edges or marks of a block.
pub const BLOCK_ROWS: usize = 1_024;

/// A block that has at least so many bytes of texts takes no further edge: a store takes 64 MiB.
const BLOCK_TEXT_BYTES: usize = 8 << 20;

/// What waits, without what pages tell of it.
#[derive(Debug)]
pub struct PairingImage {
    shard: u16,
    layout: LayoutRecord,
    edges: FrozenEdges,
    symbols: FrozenSymbols,
    marks: FrozenMarks,
    /// How the edges lie in blocks, once that was asked for.
    edge_blocks: OnceLock<Vec<EdgeBlock>>,
}

/// Which edges are in a block.
#[derive(Clone, Copy, Debug)]
struct EdgeBlock {
    first_row: u32,
    edges: usize,
}

/// What an image consists of.
#[derive(Debug)]
pub struct FrozenPairing {
    /// The edges.
    pub edges: FrozenEdges,
    /// Their texts.
    pub symbols: FrozenSymbols,
    /// The marks.
    pub marks: FrozenMarks,
}

impl PairingImage {
    /// The image of what is `frozen` in `shard`, whose rows were made for `settings`.
    pub(in crate::matcher) fn new(
        shard: u16,
        settings: &ServiceGraphsSettings,
        frozen: FrozenPairing,
    ) -> Self {
        let FrozenPairing {
            edges,
            symbols,
            marks,
        } = frozen;
        let layout = LayoutRecord {
            dimensions: settings.dimensions.clone(),
            prefixed: settings.enable_client_server_prefix,
        };
        Self {
            shard,
            layout,
            edges,
            symbols,
            marks,
            edge_blocks: OnceLock::new(),
        }
    }

    /// How many edges wait.
    #[must_use]
    pub fn pending_edges(&self) -> usize {
        self.edges.len()
    }

    fn edge_blocks(&self) -> &[EdgeBlock] {
        self.edge_blocks.get_or_init(|| self.cut_into_blocks())
    }

    fn cut_into_blocks(&self) -> Vec<EdgeBlock> {
        let mut blocks = Vec::<EdgeBlock>::with_capacity(self.edges.len().div_ceil(BLOCK_ROWS));
        let mut text_bytes = 0;
        for (row, edge, dimensions) in self.edges.by_age() {
            match blocks.last_mut() {
                Some(block) if block.edges < BLOCK_ROWS && text_bytes < BLOCK_TEXT_BYTES => block.edges += 1,
                _ => {
                    let first_row = row;
                    blocks.push(EdgeBlock { first_row, edges: 1 });
                    text_bytes = 0;
                }
            }
            let texts = [edge.client, edge.server, edge.peer];
            let texts = texts.iter().chain(dimensions);
            text_bytes += texts.map(|text| self.symbols.get(*text).len()).sum::<usize>();
        }
        blocks
    }

    fn save_edges(&self, sink: &mut BlockSink<'_>) -> Result<(), StoreError> {
        let mut encoder = EdgeEncoder::new(&self.symbols, &self.layout);
        for (block, EdgeBlock { first_row, edges }) in (0..).zip(self.edge_blocks()) {
            for (_, edge, dimensions) in self.edges.by_age_from(*first_row).take(*edges) {
                encoder.push(edge, dimensions);
            }
            let table = PairingTable::Edges.number(self.shard);
            sink(TableBlock { table, block }, encoder.finish())?;
        }
        Ok(())
    }

    fn save_marks(&self, sink: &mut BlockSink<'_>) -> Result<(), StoreError> {
        let mut marks = self.marks.by_age().peekable();
        let table = PairingTable::Marks.number(self.shard);
        for block in 0.. {
            if marks.peek().is_none() {
                break;
            }
            let bytes = encode_marks(marks.by_ref().take(BLOCK_ROWS));
            sink(TableBlock { table, block }, &bytes)?;
        }
        Ok(())
    }
}

impl StateImage for PairingImage {
    /// All are written, whichever are asked for: edges wait for seconds, so nearly all of them are others every time.
    fn save(&self, _: Which, sink: &mut BlockSink<'_>) -> Result<(), StoreError> {
        self.save_edges(sink)?;
        self.save_marks(sink)
    }

    fn tables(&self) -> Vec<Table> {
        let edge_blocks = self.edge_blocks().len();
        let mark_blocks = self.marks.len().div_ceil(BLOCK_ROWS);
        [
            (PairingTable::Edges, edge_blocks),
            (PairingTable::Marks, mark_blocks),
        ]
        .into_iter()
        .map(|(table, blocks)| Table {
            table: table.number(self.shard),
            blocks: u32::try_from(blocks).unwrap_or(u32::MAX),
        })
        .collect()
    }
}
