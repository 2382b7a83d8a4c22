//! Pairs the halves of calls into edges, and decides what becomes of halves that stay alone (SPEC §2).

mod durable;
mod reconfigure;
mod telling;

use std::sync::Arc;
use std::time::Duration;

use spangraph_config::ServiceGraphsSettings;

use super::completion::Completion;
use super::interning::Interning;
use super::ledger::Ledger;
use super::markers::Markers;
use super::outcomes::Outcomes;
use super::pairing_budgets::PairingBudgets;
use super::pairing_counts::HalfFate;
use super::pending_edge::{KnownHalf, NamedHalf, PendingEdge};
use super::pending_table::PendingTable;
use super::row_layout::RowLayout;
use super::symbols::Symbol;
use crate::batches::{Connection, Edges, HalfEdge, HalfEdges, TextId, Texts};
use crate::time::{PipelineTime, TimeShift};

/// One tenant's pairing in one shard.
#[derive(Debug)]
pub struct Pairing {
    wait: Duration,
    layout: RowLayout,
    table: PendingTable,
    interning: Interning,
    markers: Markers,
    budgets: PairingBudgets,
    completion: Completion,
    outcomes: Outcomes,
    ledger: Ledger,
    /// Scratch: the dimensions of the edge at hand.
    row_dimensions: Vec<Symbol>,
}

/// A half with what of its batch belongs to it.
#[derive(Clone, Copy)]
struct Arrived<'a> {
    half: &'a HalfEdge,
    dimensions: &'a [TextId],
    texts: &'a Texts,
    now: PipelineTime,
}

impl Pairing {
    /// An empty table; `budgets` are shared with the tenant's other shards.
    #[must_use]
    pub fn new(settings: &ServiceGraphsSettings, budgets: PairingBudgets) -> Self {
        let layout = RowLayout::of(settings);
        Self {
            wait: settings.wait,
            layout,
            table: PendingTable::new(layout.width(), settings.wait),
            interning: Interning::new(Arc::clone(&budgets.text_bytes)),
            markers: Markers::new(settings.wait, Arc::clone(&budgets.markers)),
            budgets,
            completion: Completion::default(),
            outcomes: Outcomes::default(),
            ledger: Ledger::new(settings.wait),
            row_dimensions: vec![Symbol::ABSENT; layout.width()],
        }
    }

    /// Whether nothing waits and nothing is left to be taken.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.table.len() == 0
            && self.markers.is_empty()
            && !self.completion.has_edges()
            && self.outcomes == Outcomes::default()
    }

    /// Merges a batch of halves; what became of them is there to be taken.
    pub fn apply(&mut self, batch: &HalfEdges, now: PipelineTime) {
        self.expire(now);
        self.ledger.set_clock(now);
        self.interning.begin(&batch.texts);
        for (position, half) in batch.halves.iter().enumerate() {
            let width = self.layout.half_width();
            let start = position * width;
            let dimensions = batch.dimensions.get(start..start + width).unwrap_or_default();
            if half.filtered {
                self.mark(half, &batch.texts, now);
            } else {
                self.merge(Arrived {
                    half,
                    dimensions,
                    texts: &batch.texts,
                    now,
                });
            }
        }
    }

    /// Gives up the edges and marks whose wait is over at `now`.
    pub fn expire(&mut self, now: PipelineTime) {
        while let Some(row) = self.table.due(now) {
            let Some(edge) = self.take_out(row) else { break };
            self.give_up(&edge);
        }
        self.markers.expire(now);
        self.ledger.expire(now);
        if self.interning.sweep(self.table.symbols()) {
            self.completion.forget_symbols();
            self.ledger.forget_symbols();
        }
    }

    /// Moves all times that are remembered, as the clock was shifted: what waits goes on waiting for as long.
    pub fn shift(&mut self, by: TimeShift) {
        self.table.shift(by);
        self.markers.shift(by);
        self.ledger.shift(by);
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

    fn mark(&mut self, half: &HalfEdge, texts: &Texts, now: PipelineTime) {
        self.outcomes.dropped_filtered += 1;
        let known = self.known(half, texts);
        self.ledger
            .note(known, HalfFate::DroppedFiltered, self.interning.symbols());
        self.markers.leave(half.key, half.kind.side(), now);
        let Some(row) = self.table.find(&half.key) else {
            return;
        };
        let counterpart = half.kind.side().other();
        if !self
            .table
            .get_mut(row)
            .is_some_and(|(edge, _)| edge.has(counterpart))
        {
            return;
        }
        if let Some(edge) = self.take_out(row) {
            self.ledger
                .note_edge(&edge, HalfFate::DroppedFiltered, self.interning.symbols());
            self.outcomes.dropped_edges += 1;
            self.outcomes.dropped_filtered += edge.halves();
            self.outcomes.no_longer_pending += edge.halves();
        }
    }

    fn merge(&mut self, arrived: Arrived<'_>) {
        let half = arrived.half;
        if self.markers.take(half.key, half.kind.side().other()) {
            self.outcomes.dropped_edges += 1;
            self.outcomes.dropped_filtered += 1;
            let known = self.known(half, arrived.texts);
            self.ledger
                .note(known, HalfFate::DroppedFiltered, self.interning.symbols());
            return;
        }
        match self.table.find(&half.key) {
            Some(row) => self.merge_into(row, arrived),
            None => self.begin(arrived),
        }
    }

    fn merge_into(&mut self, row: u32, arrived: Arrived<'_>) {
        let named = self.name(arrived);
        if !self.interning.has_room() && self.would_wait(row, named) {
            return self.drop_for_want_of_room(named);
        }
        let own = self.layout.of_half(arrived.half.kind);
        let Some((edge, kept)) = self.table.get_mut(row) else {
            return;
        };
        arrived.set_dimensions(kept.get_mut(own).unwrap_or_default(), &mut self.interning);
        edge.add(named);
        if !edge.is_complete() {
            self.outcomes.newly_pending += 1;
            return;
        }
        let Some(edge) = self.take_out(row) else { return };
        self.outcomes.no_longer_pending += edge.halves() - 1;
        self.complete(&edge);
    }

    fn begin(&mut self, arrived: Arrived<'_>) {
        let half = arrived.half;
        let mut edge = PendingEdge::new(half.key, half.kind, arrived.now);
        let named = self.name(arrived);
        edge.add(named);
        if self.ledger.expects_late_halves() {
            self.ledger
                .note_first(named.known(), self.interning.symbols(), arrived.now);
        }
        if !edge.is_complete() && !self.take_room() {
            return self.drop_for_want_of_room(named);
        }
        let own = self.layout.of_half(half.kind);
        self.row_dimensions.fill(Symbol::ABSENT);
        let row = self.row_dimensions.get_mut(own).unwrap_or_default();
        arrived.set_dimensions(row, &mut self.interning);
        if edge.is_complete() {
            self.complete(&edge);
        } else {
            self.outcomes.newly_pending += 1;
            self.table.insert(edge, &self.row_dimensions);
        }
    }

    /// Takes room for one more edge to wait, with its texts.
    fn take_room(&mut self) -> bool {
        self.interning.has_room() && self.budgets.pending.take()
    }

    /// Whether the edge in `row` goes on waiting with `named` added.
    #[cold]
    fn would_wait(&mut self, row: u32, named: NamedHalf<'_>) -> bool {
        let Some((edge, _)) = self.table.get_mut(row) else {
            return false;
        };
        let mut merged = *edge;
        merged.add(named);
        !merged.is_complete()
    }

    #[cold]
    fn drop_for_want_of_room(&mut self, named: NamedHalf<'_>) {
        self.outcomes.dropped_full += 1;
        self.ledger
            .note(named.known(), HalfFate::DroppedFull, self.interning.symbols());
    }

    /// Takes the edge in `row` out of the table, its dimensions into the scratch row.
    fn take_out(&mut self, row: u32) -> Option<PendingEdge> {
        let edge = self.table.remove(row, &mut self.row_dimensions)?;
        self.budgets.pending.give_back();
        Some(edge)
    }

    fn complete(&mut self, edge: &PendingEdge) {
        self.ledger.note_completed(edge, self.interning.symbols());
        self.outcomes.paired += edge.halves();
        self.outcomes.count_edge(edge.connection);
        self.completion
            .complete(edge, &self.row_dimensions, self.interning.symbols());
    }

    fn give_up(&mut self, edge: &PendingEdge) {
        self.outcomes.no_longer_pending += edge.halves();
        let Some(side) = edge.virtual_side() else {
            self.outcomes.expired += edge.halves();
            self.ledger
                .note_given_up(edge, self.wait, HalfFate::Expired, self.interning.symbols());
            return self.outcomes.count_expired(edge.kind);
        };
        self.outcomes.virtual_node += edge.halves();
        self.outcomes.count_edge(Connection::VirtualNode);
        self.ledger
            .note_given_up(edge, self.wait, HalfFate::VirtualNode, self.interning.symbols());
        self.completion
            .complete_virtual(edge, side, &self.row_dimensions, self.interning.symbols());
    }

    fn name<'a>(&mut self, arrived: Arrived<'a>) -> NamedHalf<'a> {
        let Arrived { half, texts, .. } = arrived;
        NamedHalf {
            half,
            service: self.interning.symbol(texts, half.service),
            peer: self.interning.symbol(texts, half.peer),
            database: self.interning.symbol(texts, half.database),
        }
    }

    fn known(&mut self, half: &HalfEdge, texts: &Texts) -> KnownHalf {
        KnownHalf {
            key: half.key,
            side: half.kind.side(),
            service: self.interning.symbol(texts, half.service),
        }
    }
}

impl Arrived<'_> {
    /// What the half has goes over what is there.
    fn set_dimensions(self, row: &mut [Symbol], interning: &mut Interning) {
        for (kept, found) in row.iter_mut().zip(self.dimensions) {
            if found.is_present() {
                *kept = interning.symbol(self.texts, *found);
            }
        }
    }
}

#[cfg(test)]
mod tests;
