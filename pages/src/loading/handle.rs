//! Asks for the configuration to be loaded again.

use tokio::sync::{mpsc, oneshot};

use super::state::{Attempt, Trigger};

/// Asks for everything to be loaded again; cheap to clone.
#[derive(Clone, Debug)]
pub struct ReloadHandle(mpsc::Sender<ReloadRequest>);

/// What is asked of the one who loads.
#[derive(Debug)]
pub struct ReloadRequest {
    /// At whose word.
    pub trigger: Trigger,
    /// Where what came of it is to be told.
    pub answer: oneshot::Sender<Attempt>,
}

/// Attempts that may be waited for at one time.
const REQUESTS: usize = 8;

impl ReloadHandle {
    /// A handle, and the requests of it and its clones for the one who loads.
    #[must_use]
    pub fn new() -> (Self, mpsc::Receiver<ReloadRequest>) {
        let (sender, requests) = mpsc::channel(REQUESTS);
        (Self(sender), requests)
    }

    /// Loads everything again and tells what came of it; `None` when the server is stopping or too many ask.
    pub async fn reload(&self, trigger: Trigger) -> Option<Attempt> {
        let (answer, answered) = oneshot::channel();
        self.0.try_send(ReloadRequest { trigger, answer }).ok()?;
        answered.await.ok()
    }
}
