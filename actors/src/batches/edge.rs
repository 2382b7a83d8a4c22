//! Edges: calls from one service to another, as matchers hand them to aggregators.

use super::dimensions::Relayout;
use super::half_edge::{Connection, Side};
use super::latency::Latency;
use super::texts::{TextId, Texts};

/// One call between two services; texts are numbers in the [`Texts`] of its batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge {
    /// The calling service.
    pub client: TextId,
    /// The called service.
    pub server: TextId,
    /// What connects them.
    pub connection: Connection,
    /// The side that never reported, for virtual nodes.
    pub virtual_side: Option<Side>,
    /// Either half has an error status.
    pub failed: bool,
    /// The client's latency; 0 when it never reported.
    pub client_latency: Latency,
    /// The server's latency; 0 when it never reported, the client's for databases.
    pub server_latency: Latency,
    /// Consumer's start minus producer's end in seconds, for messaging edges; else 0. Only > 0 is observed.
    pub messaging_seconds: f64,
    /// How many calls the edge stands for.
    pub multiplier: f64,
    /// The trace it belongs to, for exemplars.
    pub trace_id: [u8; 16],
}

/// Edges of one tenant that left a matcher together.
#[derive(Clone, Debug, Default)]
pub struct Edges {
    /// The texts that the edges name.
    pub texts: Texts,
    /// The edges in the order in which they were completed or expired.
    pub edges: Vec<Edge>,
    /// For each edge, one text a dimension; with `enable_client_server_prefix` first all of the client's,
    /// then all of the server's, so twice as many. Absent where there is none.
    pub dimensions: Vec<TextId>,
}

impl Edges {
    /// Puts the dimensions into the order of other settings.
    pub fn relayout(&mut self, relayout: &Relayout) {
        self.dimensions = relayout.rows(&self.dimensions, self.edges.len());
    }
}
