//! What waits in one shard, as it was read from an epoch.

use crate::batches::{TextId, Texts};
use crate::matcher::markers::Mark;
use crate::matcher::pending_edge::PendingEdge;

/// The edges that lie together: those of a whole table would be moved as it grows, and all be there until the last is taken.
const CHUNK_EDGES: usize = 1_024;

/// Edges and marks in the order in which they expire. Rows of dimensions are made for the settings of the loader.
#[derive(Debug, Default)]
pub struct LoadedPairing {
    pub(in crate::matcher) texts: Texts,
    chunks: Vec<Vec<LoadedEdge>>,
    pub(in crate::matcher) marks: Vec<Mark>,
    dimensions: Vec<TextId>,
}

/// An edge whose texts are numbers of the shard's.
#[derive(Clone, Copy, Debug)]
pub struct LoadedEdge {
    /// Its texts are not set.
    pub edge: PendingEdge,
    pub client: TextId,
    pub server: TextId,
    pub peer: TextId,
    /// Where its dimensions begin.
    start: usize,
}

impl LoadedPairing {
    /// How many edges wait.
    #[must_use]
    pub fn pending_edges(&self) -> usize {
        self.chunks.iter().map(Vec::len).sum()
    }

    /// Takes the edges out; their memory is given back as they come.
    pub(in crate::matcher) fn take_edges(&mut self) -> impl Iterator<Item = LoadedEdge> + use<> {
        std::mem::take(&mut self.chunks).into_iter().flatten()
    }

    /// The dimensions of `loaded`, of which each row has `width`.
    pub(in crate::matcher) fn dimensions(&self, loaded: &LoadedEdge, width: usize) -> &[TextId] {
        let row = loaded.start..loaded.start + width;
        self.dimensions.get(row).unwrap_or_default()
    }

    /// Adds an edge with its client, server and peer; its dimensions are to be appended to what is given back.
    pub(super) fn push(&mut self, edge: PendingEdge, texts: [TextId; 3]) -> &mut Vec<TextId> {
        let [client, server, peer] = texts;
        let loaded = LoadedEdge {
            edge,
            client,
            server,
            peer,
            start: self.dimensions.len(),
        };
        match self.chunks.last_mut() {
            Some(chunk) if chunk.len() < CHUNK_EDGES => chunk.push(loaded),
            _ => {
                let mut chunk = Vec::with_capacity(CHUNK_EDGES);
                chunk.push(loaded);
                self.chunks.push(chunk);
            }
        }
        &mut self.dimensions
    }

    /// Those of one time stay in the order in which their shard had them.
    pub(super) fn sort(&mut self) {
        let began = self.chunks.iter().flatten().map(|loaded| loaded.edge.began);
        // They are not when several shards had them.
        if !began.is_sorted() {
            let mut edges: Vec<_> = self.take_edges().collect();
            edges.sort_by_key(|loaded| loaded.edge.began);
            self.chunks = vec![edges];
        }
        self.marks.sort_by_key(|mark| mark.left);
    }
}
