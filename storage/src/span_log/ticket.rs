//! What a request waits with for the log: an answer that is told once, whatever happens.

use std::fmt;

use super::refusal::Refusal;

type Answer = Box<dyn FnOnce(Result<u64, Refusal>) + Send>;

/// A request's claim to an answer. One that is dropped is answered with [`Refusal::Stopped`].
pub struct Ticket(Option<Answer>);

impl Ticket {
    /// Calls `answer` with the position of the request once it may be answered, or with why it is refused. It is called on
    /// the log's thread, so it must not wait.
    pub fn new(answer: impl FnOnce(Result<u64, Refusal>) + Send + 'static) -> Self {
        Self(Some(Box::new(answer)))
    }

    /// Tells the answer.
    pub fn answer(mut self, answer: Result<u64, Refusal>) {
        self.tell(answer);
    }

    fn tell(&mut self, answer: Result<u64, Refusal>) {
        if let Some(tell) = self.0.take() {
            tell(answer);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.tell(Err(Refusal::Stopped));
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Ticket")
    }
}
