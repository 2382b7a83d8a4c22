//! What became of halves and edges, counted so that every half is in exactly one place.

use crate::batches::{Connection, EdgeKind};

/// Counts since the last time they were taken.
///
/// Every half that came in is one of `paired`, `virtual_node`, `expired`, `dropped_full`, `dropped_filtered`,
/// or it still waits: `newly_pending - no_longer_pending`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// Halves whose edge was completed.
    pub paired: u64,
    /// Halves whose other side was made up at expiry.
    pub virtual_node: u64,
    /// Halves that were given up.
    pub expired: u64,
    /// Halves that found no room to wait.
    pub dropped_full: u64,
    /// Halves that a filter policy dropped, or whose counterpart it dropped.
    pub dropped_filtered: u64,
    /// Halves that began to wait.
    pub newly_pending: u64,
    /// Halves that waited and do so no longer.
    pub no_longer_pending: u64,
    /// Edges that were not built because one of their halves was filtered.
    pub dropped_edges: u64,
    /// Edges by [`Connection`], in [`Connection::ALL`]'s order.
    pub edges: [u64; 4],
    /// Edges given up by the kind of their last half, in [`EdgeKind::ALL`]'s order.
    pub expired_edges: [u64; 4],
}

impl Outcomes {
    /// Counts an edge.
    pub fn count_edge(&mut self, connection: Connection) {
        increment(
            &mut self.edges,
            Connection::ALL.iter().position(|each| *each == connection),
        );
    }

    /// Counts an edge that was given up.
    pub fn count_expired(&mut self, kind: EdgeKind) {
        increment(
            &mut self.expired_edges,
            EdgeKind::ALL.iter().position(|each| *each == kind),
        );
    }

    /// Halves that were waiting at the end, less those that were at the start.
    #[must_use]
    pub fn pending_change(&self) -> i64 {
        let signed = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        signed(self.newly_pending) - signed(self.no_longer_pending)
    }
}

fn increment(counts: &mut [u64; 4], position: Option<usize>) {
    if let Some(count) = position.and_then(|position| counts.get_mut(position)) {
        *count += 1;
    }
}
