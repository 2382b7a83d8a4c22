//! What there is to tell of pairing.

use super::Pairing;
use crate::matcher::description::{Pending, SAMPLED, ShardPairingDescription, SlackCounts};
use crate::time::PipelineTime;

impl Pairing {
    /// How many edges wait in this shard.
    #[must_use]
    pub fn pending_edges(&self) -> usize {
        self.table.len()
    }

    /// How many texts the waiting edges hold, the empty one included.
    #[must_use]
    pub fn held_texts(&self) -> usize {
        self.interning.symbols().len()
    }

    /// Keeps what was counted until `now`, so that what is recent can be told.
    pub fn set_mark(&mut self, now: PipelineTime) {
        self.ledger.mark(now);
    }

    /// What there is to tell at `now`; takes at most a few milliseconds, however much waits.
    #[must_use]
    pub fn describe(&self, now: PipelineTime) -> ShardPairingDescription {
        let pages = self.ledger.pages(now);
        ShardPairingDescription {
            pending: Pending::of(self.table.len(), self.table.sample(SAMPLED), self.wait, now),
            text_bytes: self.budgets.text_bytes.taken() as u64,
            since_start: pages.since_start,
            recent: pages.recent,
            window: pages.window,
            spans_before: SlackCounts::default(),
        }
    }
}
