//! Writes completed edges into the batch that leaves the matcher.

use super::pending_edge::PendingEdge;
use super::symbols::{Symbol, Symbols};
use crate::batches::{Connection, Edge, Edges, Relayout, Side, TextId};

/// The client of a root whose caller is not known (SPEC §2).
const UNKNOWN_CLIENT: &str = "user";

/// The edges of the batch under way, and which texts it holds already.
#[derive(Debug, Default)]
pub struct Completion {
    edges: Edges,
    /// For each symbol the number of its text in the batch.
    text_ids: Vec<TextId>,
}

/// The two services of an edge that is written.
struct Services {
    client: TextId,
    server: TextId,
}

impl Completion {
    /// Adds an edge both of whose services are known.
    pub fn complete(&mut self, edge: &PendingEdge, dimensions: &[Symbol], symbols: &Symbols) {
        let services = Services {
            client: self.text(edge.client, symbols),
            server: self.text(edge.server, symbols),
        };
        self.push(edge, services, None);
        self.push_dimensions(dimensions, symbols);
    }

    /// Adds an edge whose `side` never reported.
    pub fn complete_virtual(
        &mut self,
        edge: &PendingEdge,
        side: Side,
        dimensions: &[Symbol],
        symbols: &Symbols,
    ) {
        let peer = self.text(edge.peer, symbols);
        let services = match side {
            Side::Client => Services {
                client: if peer.is_non_empty() {
                    peer
                } else {
                    self.unknown_client()
                },
                server: self.text(edge.server, symbols),
            },
            Side::Server => Services {
                client: self.text(edge.client, symbols),
                server: peer,
            },
        };
        self.push(edge, services, Some(side));
        self.push_dimensions(dimensions, symbols);
    }

    /// The edges since the last call.
    pub fn take(&mut self) -> Edges {
        self.forget_symbols();
        std::mem::take(&mut self.edges)
    }

    /// Puts the dimensions of the edges that were not taken yet into the order of other settings.
    pub fn relayout(&mut self, relayout: &Relayout) {
        self.edges.relayout(relayout);
    }

    /// Whether there are any.
    pub fn has_edges(&self) -> bool {
        !self.edges.edges.is_empty()
    }

    /// Must be called when symbols change their texts.
    pub fn forget_symbols(&mut self) {
        self.text_ids.clear();
    }

    fn push(&mut self, edge: &PendingEdge, services: Services, virtual_side: Option<Side>) {
        self.edges.edges.push(Edge {
            client: services.client,
            server: services.server,
            connection: if virtual_side.is_some() {
                Connection::VirtualNode
            } else {
                edge.connection
            },
            virtual_side,
            failed: edge.failed,
            client_latency: edge.client_latency,
            server_latency: edge.server_latency,
            messaging_seconds: match virtual_side {
                Some(_) => 0.0,
                None => edge.messaging_seconds(),
            },
            multiplier: edge.multiplier,
            trace_id: edge.key.trace_id,
        });
    }

    fn push_dimensions(&mut self, dimensions: &[Symbol], symbols: &Symbols) {
        for symbol in dimensions {
            let text = self.text(*symbol, symbols);
            self.edges.dimensions.push(text);
        }
    }

    fn text(&mut self, symbol: Symbol, symbols: &Symbols) -> TextId {
        if !symbol.is_present() {
            return TextId::ABSENT;
        }
        if self.text_ids.len() < symbols.rows() {
            self.text_ids.resize(symbols.rows(), TextId::ABSENT);
        }
        let Some(known) = self.text_ids.get_mut(symbol.index()) else {
            return TextId::ABSENT;
        };
        if !known.is_present() {
            let text = symbols.get(symbol);
            *known = self.edges.texts.insert(text.as_bytes()).unwrap_or(TextId::ABSENT);
        }
        *known
    }

    fn unknown_client(&mut self) -> TextId {
        self.edges
            .texts
            .insert(UNKNOWN_CLIENT.as_bytes())
            .unwrap_or(TextId::ABSENT)
    }
}
