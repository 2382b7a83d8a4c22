//! The edges that wait for their other half, found by key and kept in the order in which they expire.

use std::time::Duration;

use super::pending_edge::{NO_ROW, PendingEdge};
use super::symbols::Symbol;
use crate::batches::CallKey;
use crate::tables::{Column, RowIndex};
use crate::time::{PipelineTime, TimeShift};

/// Pending edges in rows that are used again; each row has its dimensions' symbols beside it.
///
/// All edges wait equally long, so the order of arrival is the order of expiry: a list through the rows keeps
/// it, and an edge that is completed leaves nothing behind.
#[derive(Debug)]
pub struct PendingTable {
    rows: Column<PendingEdge>,
    dimensions: Column<Symbol>,
    width: usize,
    wait: Duration,
    free: Vec<u32>,
    index: RowIndex,
    oldest: u32,
    newest: u32,
}

/// The edges of a [`PendingTable`] as they were at one time.
#[derive(Debug)]
pub struct FrozenEdges {
    rows: Column<PendingEdge>,
    dimensions: Column<Symbol>,
    oldest: u32,
    count: usize,
}

impl PendingTable {
    /// An empty table whose edges have `width` dimensions and wait for `wait`.
    #[must_use]
    pub fn new(width: usize, wait: Duration) -> Self {
        Self {
            rows: Column::new(1),
            dimensions: Column::new(width),
            width,
            wait,
            free: Vec::new(),
            index: RowIndex::default(),
            oldest: NO_ROW,
            newest: NO_ROW,
        }
    }

    /// How many edges wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// The row of the edge with `key`.
    #[must_use]
    #[inline(always)]
    pub fn find(&self, key: &CallKey) -> Option<u32> {
        let has_key = |row: u32| self.rows.get(row as usize).is_some_and(|edge| edge.key == *key);
        self.index.find(self.index.hash(key), has_key)
    }

    /// The edge in `row`, and its dimensions.
    #[inline(always)]
    pub fn get_mut(&mut self, row: u32) -> Option<(&mut PendingEdge, &mut [Symbol])> {
        let edge = self.rows.get_mut(row as usize)?;
        Some((edge, self.dimensions.row_mut(row as usize)))
    }

    /// Puts `edge` in as the newest, with `dimensions` of the table's width.
    pub fn insert(&mut self, edge: PendingEdge, dimensions: &[Symbol]) {
        let linked = PendingEdge {
            older: self.newest,
            newer: NO_ROW,
            ..edge
        };
        let Some(row) = self.place(linked, dimensions) else {
            return;
        };
        match self.rows.get_mut(self.newest as usize) {
            Some(newest) => newest.newer = row,
            None => self.oldest = row,
        }
        self.newest = row;
        self.note_in_index(&edge.key, row);
    }

    /// Takes the edge in `row` out, its dimensions into `dimensions`.
    pub fn remove(&mut self, row: u32, dimensions: &mut Vec<Symbol>) -> Option<PendingEdge> {
        let edge = *self.rows.get(row as usize)?;
        dimensions.clear();
        dimensions.extend_from_slice(self.dimensions.row(row as usize));
        if !self.index.remove(self.index.hash(edge.key), row) {
            return None;
        }
        self.unlink(&edge);
        self.free.push(row);
        self.give_memory_back();
        Some(edge)
    }

    /// The row of the oldest edge, when its wait is over at `now`.
    #[must_use]
    pub fn due(&self, now: PipelineTime) -> Option<u32> {
        let oldest = self.rows.get(self.oldest as usize)?;
        (oldest.began + self.wait <= now).then_some(self.oldest)
    }

    /// At most `most` of the waiting edges, a fair sample: the order is that of keyed hashes, not of arrival.
    pub fn sample(&self, most: usize) -> impl Iterator<Item = &PendingEdge> {
        let rows = self.index.iter().take(most);
        rows.filter_map(|row| self.rows.get(row as usize))
    }

    /// Every symbol that a waiting edge names.
    pub fn symbols(&self) -> impl Iterator<Item = Symbol> {
        self.index.iter().flat_map(|row| {
            let edge = self.rows.first(row as usize);
            let dimensions = self.dimensions.row(row as usize).iter().copied();
            [edge.client, edge.server, edge.peer]
                .into_iter()
                .chain(dimensions)
        })
    }

    /// Moves the times at which edges began.
    pub fn shift(&mut self, by: TimeShift) {
        for row in self.index.iter() {
            if let Some(edge) = self.rows.get_mut(row as usize) {
                edge.began += by;
            }
        }
    }

    /// The same edges in the same order with rows of `width` dimensions, which `put` appends; they wait for `wait` in all.
    #[must_use]
    pub fn rebuilt(
        &self,
        width: usize,
        wait: Duration,
        mut put: impl FnMut(&PendingEdge, &[Symbol], &mut Vec<Symbol>),
    ) -> Self {
        let (mut table, mut dimensions, mut row) = (Self::new(width, wait), Vec::new(), self.oldest);
        while let Some(edge) = self.rows.get(row as usize) {
            dimensions.clear();
            put(edge, self.dimensions.row(row as usize), &mut dimensions);
            table.insert(*edge, &dimensions);
            row = edge.newer;
        }
        table
    }

    /// The edges that wait now.
    pub fn freeze(&mut self) -> FrozenEdges {
        FrozenEdges {
            rows: self.rows.freeze(),
            dimensions: self.dimensions.freeze(),
            oldest: self.oldest,
            count: self.len(),
        }
    }

    /// Makes room for so many more edges at once.
    pub fn reserve(&mut self, edges: usize) {
        let rows = &self.rows;
        self.index.reserve(edges, |row| rows.first(row as usize).key);
    }

    fn place(&mut self, edge: PendingEdge, dimensions: &[Symbol]) -> Option<u32> {
        if let Some(row) = self.free.pop() {
            *self.rows.get_mut(row as usize)? = edge;
            self.dimensions.row_mut(row as usize).copy_from_slice(dimensions);
            return Some(row);
        }
        let row = u32::try_from(self.rows.rows())
            .ok()
            .filter(|row| *row != NO_ROW)?;
        self.rows.push(edge);
        let place = self.dimensions.push(Symbol::ABSENT);
        self.dimensions.row_mut(place).copy_from_slice(dimensions);
        Some(row)
    }

    fn note_in_index(&mut self, key: &CallKey, row: u32) {
        let rows = &self.rows;
        self.index
            .insert(self.index.hash(key), row, |row| rows.first(row as usize).key);
    }

    fn unlink(&mut self, edge: &PendingEdge) {
        match self.rows.get_mut(edge.older as usize) {
            Some(older) => older.newer = edge.newer,
            None => self.oldest = edge.newer,
        }
        match self.rows.get_mut(edge.newer as usize) {
            Some(newer) => newer.older = edge.older,
            None => self.newest = edge.older,
        }
    }

    /// After a burst the rows would stay for ever; an empty table can let go of them all.
    fn give_memory_back(&mut self) {
        const WORTH_IT: usize = 4096;
        if self.index.is_empty() && self.rows.rows() > WORTH_IT {
            *self = Self::new(self.width, self.wait);
        }
    }
}

impl FrozenEdges {
    /// How many edges there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// The edges in the order in which they expire, each with its row and its dimensions.
    pub fn by_age(&self) -> impl Iterator<Item = (u32, &PendingEdge, &[Symbol])> {
        self.by_age_from(self.oldest)
    }

    /// The same from the edge in `row` on.
    pub fn by_age_from(&self, row: u32) -> impl Iterator<Item = (u32, &PendingEdge, &[Symbol])> {
        let at = |row: u32| Some((row, self.rows.get(row as usize)?));
        let edges = std::iter::successors(at(row), move |(_, edge)| at(edge.newer));
        edges.map(|(row, edge)| (row, edge, self.dimensions.row(row as usize)))
    }
}
