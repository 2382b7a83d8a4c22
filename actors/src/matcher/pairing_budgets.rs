//! How much may wait to be paired: the bounds of one tenant.

use std::sync::Arc;

use spangraph_config::ServiceGraphsSettings;

use super::budget::Budget;

/// The bounds that all shards of a tenant share.
#[derive(Clone, Debug)]
pub struct PairingBudgets {
    /// Pending edges: `max_items`.
    pub pending: Arc<Budget>,
    /// Marks of filtered halves: `max_items` too.
    pub markers: Arc<Budget>,
    /// Bytes of the texts of pending edges: `spangraph.matcher.max_text_bytes`.
    pub text_bytes: Arc<Budget>,
}

impl PairingBudgets {
    /// The budgets that `settings` ask for.
    #[must_use]
    pub fn new(settings: &ServiceGraphsSettings) -> Self {
        Self {
            pending: Arc::new(Budget::new(settings.max_items.saturating_add(1))),
            markers: Arc::new(Budget::new(settings.max_items)),
            text_bytes: Arc::new(Budget::new(settings.max_text_bytes)),
        }
    }

    /// Changes the bounds to those that `settings` ask for, for all shards.
    pub fn resize(&self, settings: &ServiceGraphsSettings) {
        self.pending.set_most(settings.max_items.saturating_add(1));
        self.markers.set_most(settings.max_items);
        self.text_bytes.set_most(settings.max_text_bytes);
    }
}
