//! The room that a request holds of the gate, from its first byte on.

use std::sync::Arc;

use super::gate::{Gate, ROOM_ON_TRUST};
use super::lingering::Linger;
use super::refusal::Refusal;
use super::submission::Submission;

/// The room of one request, taken by the receiver as its bytes arrive; given back when it is dropped.
#[derive(Debug)]
pub struct Room {
    gate: Arc<Gate>,
    bytes: usize,
    /// The part of `bytes` that was announced and has not arrived.
    announced: usize,
}

impl Room {
    /// The room of a request that `gate` has counted and that has no bytes yet.
    pub(super) fn empty(gate: &Arc<Gate>) -> Self {
        Self {
            gate: Arc::clone(gate),
            bytes: 0,
            announced: 0,
        }
    }

    /// The way for the request to linger, when it does not arrive at once.
    #[must_use]
    pub fn linger(&self) -> Linger {
        Linger::at(&self.gate)
    }

    /// Takes room for all `bytes` bytes that the request is to have, those that arrived included, but on trust not for
    /// more than [`ROOM_ON_TRUST`], nor for more than an eighth of all room with the announcements of others.
    ///
    /// A full gate so refuses requests when they begin. If all took their room piece by piece, parts of many requests
    /// would fill it, and each would be refused half-way for the others.
    ///
    /// # Errors
    /// [`Refusal::Overloaded`] when there is no room.
    pub fn announce(&mut self, bytes: usize) -> Result<(), Refusal> {
        let missing = bytes.min(ROOM_ON_TRUST).saturating_sub(self.bytes);
        let trusted = self.gate.trust(missing);
        self.take_bytes(trusted)
            .inspect_err(|_| self.gate.trust_no_more(trusted))?;
        self.announced += trusted;
        Ok(())
    }

    /// Takes room for `more` bytes of the request, as they arrive or are decompressed, unless they were announced.
    ///
    /// # Errors
    /// [`Refusal::Overloaded`] when there is no room.
    pub fn add_bytes(&mut self, more: usize) -> Result<(), Refusal> {
        let announced = more.min(self.announced);
        self.take_bytes(more - announced)?;
        self.announced -= announced;
        self.gate.trust_no_more(announced);
        Ok(())
    }

    /// Gives the room of `fewer` bytes back, such as those of a body that was decompressed.
    pub fn remove_bytes(&mut self, fewer: usize) {
        let fewer = fewer.min(self.bytes);
        self.bytes -= fewer;
        self.gate.give_bytes_back(fewer);
    }

    /// The whole request enters the pipeline, once no latch is closed; until then it keeps its room.
    ///
    /// # Errors
    /// [`Refusal::ShuttingDown`] when the gate is closed while a latch is.
    pub async fn submit(self) -> Result<Submission, Refusal> {
        self.gate.door().enter(|| self.gate.is_closed()).await?;
        Ok(Submission::entered(self))
    }

    /// Holds room for at least so many bytes.
    pub(super) fn hold_bytes(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.take_bytes(bytes.saturating_sub(self.bytes))
    }

    pub(super) fn gate(&self) -> &Gate {
        &self.gate
    }

    fn take_bytes(&mut self, more: usize) -> Result<(), Refusal> {
        self.gate.take_bytes(more, self.bytes)?;
        self.bytes += more;
        Ok(())
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.gate.trust_no_more(self.announced);
        self.gate.give_bytes_back(self.bytes);
        self.gate.let_out();
    }
}
