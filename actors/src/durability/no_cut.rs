//! Why a cut could not be made.

/// A cut could not be made; it is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoCut {
    /// Requests in flight were not applied in time.
    #[error("requests in flight were not applied in time")]
    Unsettled,
    /// Edges wait for room at an aggregator.
    #[error("edges wait for room at an aggregator")]
    EdgesWait,
    /// An actor did not answer.
    #[error("an actor does not answer")]
    NoAnswer,
    /// The state's thread has ended.
    #[error("the thread of the state has ended")]
    StateGone,
    /// The disk failed.
    #[error("the state was not kept")]
    NotKept,
}

impl NoCut {
    /// All reasons that metrics have.
    pub const REASONS: [&str; 4] = ["unsettled", "edges_wait", "no_answer", "state_gone"];

    /// The reason as metrics have it.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Unsettled => "unsettled",
            Self::EdgesWait => "edges_wait",
            Self::NoAnswer => "no_answer",
            Self::StateGone | Self::NotKept => "state_gone",
        }
    }
}
