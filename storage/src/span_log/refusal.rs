//! Why a request is not logged.

use std::sync::Arc;

use thiserror::Error;

use super::error::SpanLogError;

/// A request is not logged, so it must be refused, and may be sent again.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// There is no room for it, in the log or on the disk, until an epoch frees some.
    #[error("{0}")]
    Full(Arc<str>),
    /// A write or sync failed.
    #[error("the span log cannot be written: {0}")]
    Failed(Arc<str>),
    /// Too many requests wait to be logged.
    #[error("too many requests wait for the span log")]
    Busy,
    /// The log does not take requests any more.
    #[error("the span log is stopped")]
    Stopped,
}

impl From<&SpanLogError> for Refusal {
    fn from(error: &SpanLogError) -> Self {
        let reason = error.to_string().into();
        match error {
            SpanLogError::Full { .. } | SpanLogError::DiskFull { .. } => Self::Full(reason),
            _ => Self::Failed(reason),
        }
    }
}
