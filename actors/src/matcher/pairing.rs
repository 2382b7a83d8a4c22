//! Pairs the halves of calls into edges, and decides what becomes of halves that stay alone (SPEC §2).

use std::sync::Arc;
use std::time::{Duration, Instant};

use spangraph_config::ServiceGraphsSettings;

use super::budget::Budget;
use super::completion::Completion;
use super::markers::Markers;
use super::outcomes::Outcomes;
use super::pending_table::{PendingEdge, PendingTable};
use crate::edge::Edges;
use crate::half_edge::{Connection, EdgeKind, HalfEdge, HalfEdges, Side, seconds_between};
use crate::symbols::{Symbol, Symbols};
use crate::texts::{TextId, Texts};

/// The bounds that all shards of a tenant share.
#[derive(Clone, Debug)]
pub struct PairingBudgets {
    /// Pending edges: `max_items`.
    pub pending: Arc<Budget>,
    /// Marks of filtered halves: `max_items` too.
    pub markers: Arc<Budget>,
}

impl PairingBudgets {
    /// The budgets that `settings` ask for.
    #[must_use]
    pub fn new(settings: &ServiceGraphsSettings) -> Self {
        Self {
            pending: Arc::new(Budget::new(settings.max_items.saturating_add(1))),
            markers: Arc::new(Budget::new(settings.max_items)),
        }
    }
}

/// One tenant's pairing in one shard.
#[derive(Debug)]
pub struct Pairing {
    wait: Duration,
    dimensions: usize,
    prefixed: bool,
    table: PendingTable,
    symbols: Symbols,
    markers: Markers,
    budgets: PairingBudgets,
    completion: Completion,
    outcomes: Outcomes,
    /// The symbols of the batch's texts, as far as they were needed.
    batch_symbols: Vec<Symbol>,
    row_dimensions: Vec<Symbol>,
}

impl Pairing {
    /// An empty table; `budgets` are shared with the tenant's other shards.
    #[must_use]
    pub fn new(settings: &ServiceGraphsSettings, budgets: PairingBudgets) -> Self {
        let dimensions = settings.dimensions.len();
        let prefixed = settings.enable_client_server_prefix;
        let width = if prefixed { 2 * dimensions } else { dimensions };
        Self {
            wait: settings.wait,
            dimensions,
            prefixed,
            table: PendingTable::new(width),
            symbols: Symbols::new(),
            markers: Markers::new(settings.wait, Arc::clone(&budgets.markers)),
            budgets,
            completion: Completion::default(),
            outcomes: Outcomes::default(),
            batch_symbols: Vec::new(),
            row_dimensions: vec![Symbol::ABSENT; width],
        }
    }

    /// Merges a batch of halves; what became of them is there to be taken.
    pub fn apply(&mut self, batch: &HalfEdges, now: Instant) {
        self.expire(now);
        self.batch_symbols.clear();
        self.batch_symbols.resize(batch.texts.len(), Symbol::ABSENT);
        for (position, half) in batch.halves.iter().enumerate() {
            let start = position * self.dimensions;
            let dimensions = batch
                .dimensions
                .get(start..start + self.dimensions)
                .unwrap_or_default();
            if half.filtered {
                self.mark(half, now);
            } else {
                self.merge(half, dimensions, &batch.texts, now);
            }
        }
    }

    /// Gives up the edges and marks whose wait is over at `now`.
    pub fn expire(&mut self, now: Instant) {
        while let Some(row) = self.table.due(now) {
            let Some(edge) = self.table.remove(row, &mut self.row_dimensions) else {
                break;
            };
            self.budgets.pending.give_back();
            self.give_up(&edge);
        }
        self.markers.expire(now);
        if self.symbols.wants_sweep() {
            self.symbols.sweep(self.table.symbols());
            self.completion.forget_symbols();
        }
    }

    /// What became of halves since the last call.
    pub fn take_outcomes(&mut self) -> Outcomes {
        std::mem::take(&mut self.outcomes)
    }

    /// Whether edges were completed since they were last taken.
    #[must_use]
    pub fn has_edges(&self) -> bool {
        self.completion.has_edges()
    }

    /// The edges since the last call.
    pub fn take_edges(&mut self) -> Edges {
        self.completion.take()
    }

    /// How many edges wait in this shard.
    #[must_use]
    pub fn pending_edges(&self) -> usize {
        self.table.len()
    }

    /// How many texts the waiting edges hold, the empty one included.
    #[must_use]
    pub fn held_texts(&self) -> usize {
        self.symbols.len()
    }

    fn mark(&mut self, half: &HalfEdge, now: Instant) {
        let side = half.kind.side();
        self.outcomes.dropped_filtered += 1;
        self.markers.leave(half.key, side, now);
        let Some(row) = self.table.find(&half.key) else {
            return;
        };
        let waits_for_it = self.table.get_mut(row).is_some_and(|(edge, _)| match side {
            Side::Client => edge.has_server,
            Side::Server => edge.has_client,
        });
        if !waits_for_it {
            return;
        }
        if let Some(edge) = self.table.remove(row, &mut self.row_dimensions) {
            self.budgets.pending.give_back();
            self.outcomes.dropped_edges += 1;
            self.outcomes.dropped_filtered += u64::from(edge.halves);
            self.outcomes.no_longer_pending += u64::from(edge.halves);
        }
    }

    fn merge(&mut self, half: &HalfEdge, dimensions: &[TextId], texts: &Texts, now: Instant) {
        let counterpart = match half.kind.side() {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        };
        if self.markers.has(half.key, counterpart) {
            self.outcomes.dropped_edges += 1;
            self.outcomes.dropped_filtered += 1;
            return;
        }
        match self.table.find(&half.key) {
            Some(row) => self.merge_into(row, half, dimensions, texts),
            None => self.begin(half, dimensions, texts, now),
        }
    }

    fn merge_into(&mut self, row: u32, half: &HalfEdge, dimensions: &[TextId], texts: &Texts) {
        let named = self.intern(half, texts);
        let target = self.own_dimensions(half.kind);
        let mut interning = BatchSymbols {
            symbols: &mut self.symbols,
            known: &mut self.batch_symbols,
            texts,
        };
        let Some((edge, kept)) = self.table.get_mut(row) else {
            return;
        };
        set_dimensions(
            kept.get_mut(target).unwrap_or_default(),
            dimensions,
            &mut interning,
        );
        set_half(edge, half, named);
        if !is_complete(edge) {
            self.outcomes.newly_pending += 1;
            return;
        }
        let Some(edge) = self.table.remove(row, &mut self.row_dimensions) else {
            return;
        };
        self.budgets.pending.give_back();
        self.outcomes.no_longer_pending += u64::from(edge.halves) - 1;
        self.complete(&edge);
    }

    fn begin(&mut self, half: &HalfEdge, dimensions: &[TextId], texts: &Texts, now: Instant) {
        let named = self.intern(half, texts);
        let mut edge = PendingEdge::new(half.key, half.kind, now + self.wait);
        set_half(&mut edge, half, named);
        let complete = is_complete(&edge);
        if !complete && !self.budgets.pending.take() {
            self.outcomes.dropped_full += 1;
            return;
        }
        let target = self.own_dimensions(half.kind);
        self.row_dimensions.fill(Symbol::ABSENT);
        let mut interning = BatchSymbols {
            symbols: &mut self.symbols,
            known: &mut self.batch_symbols,
            texts,
        };
        set_dimensions(
            self.row_dimensions.get_mut(target).unwrap_or_default(),
            dimensions,
            &mut interning,
        );
        if complete {
            self.complete(&edge);
        } else {
            self.outcomes.newly_pending += 1;
            self.table.insert(edge, &self.row_dimensions);
        }
    }

    fn complete(&mut self, edge: &PendingEdge) {
        self.outcomes.paired += u64::from(edge.halves);
        self.outcomes.count_edge(edge.connection);
        self.completion
            .complete(edge, &self.row_dimensions, &self.symbols);
    }

    fn give_up(&mut self, edge: &PendingEdge) {
        self.outcomes.no_longer_pending += u64::from(edge.halves);
        let virtual_client = !edge.client.is_non_empty() && edge.key.is_root();
        let virtual_server =
            edge.client.is_non_empty() && !edge.server.is_non_empty() && edge.peer.is_non_empty();
        if !virtual_client && !virtual_server {
            self.outcomes.expired += u64::from(edge.halves);
            self.outcomes.count_expired(edge.kind);
            return;
        }
        let side = if virtual_client {
            Side::Client
        } else {
            Side::Server
        };
        self.outcomes.virtual_node += u64::from(edge.halves);
        self.outcomes.count_edge(Connection::VirtualNode);
        self.completion
            .complete_virtual(edge, side, &self.row_dimensions, &self.symbols);
    }

    fn intern(&mut self, half: &HalfEdge, texts: &Texts) -> Named {
        let mut interning = BatchSymbols {
            symbols: &mut self.symbols,
            known: &mut self.batch_symbols,
            texts,
        };
        Named {
            service: interning.of(half.service),
            peer: interning.of(half.peer),
            database: interning.of(half.database),
        }
    }

    /// Where the dimensions of a half of `kind` stand in its edge's row.
    fn own_dimensions(&self, kind: EdgeKind) -> std::ops::Range<usize> {
        match kind.side() {
            Side::Server if self.prefixed => self.dimensions..2 * self.dimensions,
            _ => 0..self.dimensions,
        }
    }
}

/// The symbols of a half's texts.
#[derive(Clone, Copy)]
struct Named {
    service: Symbol,
    peer: Symbol,
    database: Symbol,
}

/// Turns the numbers of a batch's texts into symbols, each text once a batch.
struct BatchSymbols<'a> {
    symbols: &'a mut Symbols,
    known: &'a mut [Symbol],
    texts: &'a Texts,
}

impl BatchSymbols<'_> {
    fn of(&mut self, text: TextId) -> Symbol {
        let Some(known) = self.known.get_mut(text.index()) else {
            return Symbol::ABSENT;
        };
        if !known.is_present() {
            *known = self.symbols.intern(self.texts.get(text));
        }
        *known
    }
}

fn is_complete(edge: &PendingEdge) -> bool {
    edge.client.is_non_empty() && edge.server.is_non_empty()
}

fn set_half(edge: &mut PendingEdge, half: &HalfEdge, named: Named) {
    edge.kind = half.kind;
    edge.connection = half.connection;
    edge.failed |= half.failed;
    edge.multiplier = half.multiplier;
    edge.halves += 1;
    if named.peer.is_present() {
        edge.peer = named.peer;
    }
    match half.kind.side() {
        Side::Client => set_client(edge, half, named),
        Side::Server => set_server(edge, half, named),
    }
}

fn set_client(edge: &mut PendingEdge, half: &HalfEdge, named: Named) {
    edge.has_client = true;
    edge.client = named.service;
    edge.client_seconds = half.latency_seconds();
    edge.client_end_unix_nanoseconds = half.end_unix_nanoseconds;
    if half.connection == Connection::Database {
        edge.server = named.database;
        edge.server_seconds = edge.client_seconds;
    }
}

fn set_server(edge: &mut PendingEdge, half: &HalfEdge, named: Named) {
    edge.has_server = true;
    edge.server = named.service;
    edge.server_seconds = half.latency_seconds();
    edge.server_start_unix_nanoseconds = half.start_unix_nanoseconds;
}

fn set_dimensions(kept: &mut [Symbol], found: &[TextId], interning: &mut BatchSymbols<'_>) {
    for (kept, found) in kept.iter_mut().zip(found) {
        if found.is_present() {
            *kept = interning.of(*found);
        }
    }
}

/// Consumer's start minus producer's end in seconds, 0 unless both came and it is positive.
pub(super) fn messaging_seconds(edge: &PendingEdge) -> f64 {
    if edge.connection == Connection::MessagingSystem && edge.has_client && edge.has_server {
        seconds_between(
            edge.client_end_unix_nanoseconds,
            edge.server_start_unix_nanoseconds,
        )
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests;
