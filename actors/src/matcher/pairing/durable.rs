//! How pairing is frozen for an epoch, and goes on from one.

use spangraph_config::ServiceGraphsSettings;

use super::Pairing;
use crate::matcher::durable::{FrozenPairing, LoadedEdge, LoadedPairing, PairingImage};
use crate::matcher::pairing_budgets::PairingBudgets;
use crate::matcher::pending_edge::PendingEdge;

impl Pairing {
    /// What waits now in this `shard`, whose `settings` are those in force. `None` while completed edges wait to be taken:
    /// they are part of no image.
    ///
    /// A million edges take about a millisecond: all is shared, and copied by blocks as it changes. Outcomes that were not taken, and what is told on pages, stay
    /// out of it.
    #[must_use]
    pub fn freeze(&mut self, shard: u16, settings: &ServiceGraphsSettings) -> Option<PairingImage> {
        let frozen = || FrozenPairing {
            edges: self.table.freeze(),
            symbols: self.interning.freeze(),
            marks: self.markers.freeze(),
        };
        let is_taken = !self.completion.has_edges();
        is_taken
            .then(frozen)
            .map(|frozen| PairingImage::new(shard, settings, frozen))
    }

    /// Goes on from what was `loaded` for this shard and the same `settings`: nothing of it is turned away, and all of it
    /// counts in `budgets`. Its halves are newly pending in the outcomes.
    #[must_use]
    pub fn restored(
        settings: &ServiceGraphsSettings,
        budgets: PairingBudgets,
        mut loaded: LoadedPairing,
    ) -> Self {
        let mut pairing = Self::new(settings, budgets);
        pairing.interning.begin(&loaded.texts);
        pairing.table.reserve(loaded.pending_edges());
        for edge in loaded.take_edges() {
            pairing.put_back(&edge, &loaded);
        }
        pairing.budgets.pending.take_all(pairing.table.len());
        pairing.markers.put_back(&loaded.marks);
        pairing.interning.settle();
        pairing
    }

    fn put_back(&mut self, saved: &LoadedEdge, loaded: &LoadedPairing) {
        let mut symbol = |text| self.interning.symbol(&loaded.texts, text);
        let edge = PendingEdge {
            client: symbol(saved.client),
            server: symbol(saved.server),
            peer: symbol(saved.peer),
            ..saved.edge
        };
        let dimensions = loaded.dimensions(saved, self.row_dimensions.len());
        for (kept, text) in self.row_dimensions.iter_mut().zip(dimensions) {
            *kept = symbol(*text);
        }
        self.outcomes.newly_pending += edge.halves();
        self.table.insert(edge, &self.row_dimensions);
    }
}
