//! What a request holds of the gate while the pipeline works on it.

use super::refusal::Refusal;
use super::room::Room;

/// A whole request that entered the pipeline: it travels with the request's parts and ends when the last of them was
/// applied and dropped, and the request's room with it.
#[derive(Debug)]
pub struct Submission {
    room: Room,
    spans: usize,
}

impl Submission {
    /// The submission of a request whose `room` the door was opened for.
    pub(super) fn entered(room: Room) -> Self {
        Self { room, spans: 0 }
    }

    /// Holds room for at least so many bytes, when what was made of the request is larger than itself.
    ///
    /// # Errors
    /// [`Refusal::Overloaded`] when there is no room.
    pub fn hold_bytes(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.room.hold_bytes(bytes)
    }

    /// Takes room for the request's `spans` too, once they were counted; for what it does not hold yet of it.
    ///
    /// # Errors
    /// [`Refusal::Overloaded`] when there is no room.
    pub fn hold_spans(&mut self, spans: usize) -> Result<(), Refusal> {
        let more = spans.saturating_sub(self.spans);
        self.room.gate().take_spans(more, self.spans)?;
        self.spans += more;
        Ok(())
    }
}

impl Drop for Submission {
    fn drop(&mut self) {
        let gate = self.room.gate();
        gate.give_spans_back(self.spans);
        gate.door().leave();
    }
}
