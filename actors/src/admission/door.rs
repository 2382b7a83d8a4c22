//! The door between a request that is whole and the pipeline, and the latch that closes it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

use super::gate::Gate;
use super::refusal::Refusal;

/// One closed latch within the state of a [`Door`].
const LATCH: u64 = 1 << 32;

/// Counts the submissions in flight, and lets no further one in while a latch is closed.
#[derive(Debug, Default)]
pub(super) struct Door {
    /// The submissions in flight in the lower half, the closed latches in the upper: as one number, so that none enters
    /// between a latch's closing and the look at what is in flight.
    state: AtomicU64,
    opened: Notify,
    settled: Notify,
}

/// A latch that is closed; dropping it opens it, whatever happens to its holder.
#[derive(Debug)]
#[must_use = "a latch opens when it is dropped"]
pub struct Latch {
    gate: Arc<Gate>,
}

impl Door {
    /// Counts a submission, at once or when the last latch is opened.
    ///
    /// # Errors
    /// [`Refusal::ShuttingDown`] when a latch is closed and `is_closed` tells that the gate is too.
    pub(super) async fn enter(&self, is_closed: impl Fn() -> bool) -> Result<(), Refusal> {
        loop {
            let opened = self.opened.notified();
            if self.try_enter() {
                return Ok(());
            }
            if is_closed() {
                return Err(Refusal::ShuttingDown);
            }
            opened.await;
        }
    }

    /// A submission is applied.
    pub(super) fn leave(&self) {
        if self.state.fetch_sub(1, Ordering::AcqRel) % LATCH == 1 {
            self.settled.notify_waiters();
        }
    }

    /// Has those who wait look again whether they are let in or refused.
    pub(super) fn wake(&self) {
        self.opened.notify_waiters();
    }

    /// How many submissions are in flight.
    pub(super) fn submissions(&self) -> usize {
        let submissions = self.state.load(Ordering::Acquire) % LATCH;
        usize::try_from(submissions).unwrap_or(usize::MAX)
    }

    /// Whether a latch is closed.
    pub(super) fn is_latched(&self) -> bool {
        self.state.load(Ordering::Acquire) >= LATCH
    }

    fn try_enter(&self) -> bool {
        let one_more = |state: u64| (state < LATCH).then_some(state + 1);
        self.state
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more)
            .is_ok()
    }
}

impl Latch {
    pub(super) fn close(gate: &Arc<Gate>) -> Self {
        gate.door().state.fetch_add(LATCH, Ordering::AcqRel);
        Self {
            gate: Arc::clone(gate),
        }
    }

    /// Waits until no submission is in flight; from then on none is until the latch is opened.
    pub async fn settled(&self) {
        let door = self.gate.door();
        loop {
            let settled = door.settled.notified();
            if door.submissions() == 0 {
                return;
            }
            settled.await;
        }
    }
}

impl Drop for Latch {
    fn drop(&mut self) {
        let door = self.gate.door();
        if door.state.fetch_sub(LATCH, Ordering::AcqRel) / LATCH == 1 {
            door.wake();
        }
    }
}
