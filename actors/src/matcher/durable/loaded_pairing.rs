//! What waits in one shard, as it was read from an epoch.

use crate::batches::{TextId, Texts};
use crate::matcher::markers::Mark;
use crate::matcher::pending_edge::PendingEdge;

/// Edges and marks in the order in which they expire. Rows of dimensions are made for the settings of the loader.
#[derive(Debug, Default)]
pub struct LoadedPairing {
    pub(in crate::matcher) texts: Texts,
    pub(in crate::matcher) edges: Vec<LoadedEdge>,
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
        self.edges.len()
    }

    /// The dimensions of `loaded`, of which each row has `width`.
    pub(in crate::matcher) fn dimensions(&self, loaded: &LoadedEdge, width: usize) -> &[TextId] {
        let row = loaded.start..loaded.start + width;
        self.dimensions.get(row).unwrap_or_default()
    }

    /// Adds an edge with its client, server and peer; its dimensions are to be appended to what is given back.
    pub(super) fn push(&mut self, edge: PendingEdge, texts: [TextId; 3]) -> &mut Vec<TextId> {
        let [client, server, peer] = texts;
        self.edges.push(LoadedEdge {
            edge,
            client,
            server,
            peer,
            start: self.dimensions.len(),
        });
        &mut self.dimensions
    }

    /// Those of one time stay in the order in which their shard had them.
    pub(super) fn sort(&mut self) {
        self.edges.sort_by_key(|loaded| loaded.edge.began);
        self.marks.sort_by_key(|mark| mark.left);
    }
}
