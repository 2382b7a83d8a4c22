//! How pairing goes on under other settings.

use spangraph_config::ServiceGraphsSettings;

use super::Pairing;
use crate::batches::Relayout;
use crate::matcher::row_layout::RowLayout;
use crate::matcher::symbols::Symbol;

impl Pairing {
    /// Goes on under `new` settings instead of the `old` ones: what waits goes on waiting, by the new wait and
    /// with the values of those dimensions that are still asked for.
    pub fn reconfigure(&mut self, old: &ServiceGraphsSettings, new: &ServiceGraphsSettings) {
        let relayout = Relayout::of_edges(old, new);
        if let Some(relayout) = &relayout {
            self.completion.relayout(relayout);
        }
        let layout = RowLayout::of(new);
        self.table = self
            .table
            .rebuilt(layout.width(), new.wait, |edge, kept, row| match &relayout {
                Some(relayout) => relayout.put(kept, edge.only_side(), Symbol::ABSENT, row),
                None => row.extend_from_slice(kept),
            });
        self.markers.set_wait(new.wait);
        self.ledger.set_wait(new.wait);
        self.wait = new.wait;
        self.layout = layout;
        self.row_dimensions = vec![Symbol::ABSENT; layout.width()];
    }
}
