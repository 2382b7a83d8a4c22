//! Requests that are open and do not come to their end: what they hold beside what arrived of them.

use std::sync::Arc;

use super::gate::Gate;
use super::refusal::Refusal;

/// A request that lingers: its headers came, and the rest did not come at once. It holds
/// [`OPEN_REQUEST_BYTES`](super::OPEN_REQUEST_BYTES) until this is dropped.
#[derive(Debug)]
#[must_use = "a request lingers until this is dropped"]
pub struct Lingering {
    gate: Arc<Gate>,
}

/// The way for a request whose room is held elsewhere to linger.
#[derive(Clone, Debug)]
pub struct Linger {
    gate: Arc<Gate>,
}

impl Linger {
    pub(super) fn at(gate: &Arc<Gate>) -> Self {
        Self {
            gate: Arc::clone(gate),
        }
    }

    /// Takes the room of a request that lingers. All of them together have an eighth of all room: who opens requests and sends
    /// nothing keeps out those that linger, and nobody else.
    ///
    /// # Errors
    /// [`Refusal::Overloaded`] when too many linger, or there is no room.
    pub fn begin(&self) -> Result<Lingering, Refusal> {
        self.gate.linger()?;
        Ok(Lingering {
            gate: Arc::clone(&self.gate),
        })
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        self.gate.linger_no_more();
    }
}
