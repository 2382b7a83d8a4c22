//! How an actor is called: by its role, and which of that role it is.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// What an actor is there for, in the order of a span's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Walks requests.
    Ingest,
    /// Pairs halves.
    Matcher,
    /// Owns a tenant's series.
    Aggregator,
    /// Writes to an endpoint.
    Writer,
    /// The pipeline's clock.
    Timer,
}

/// An actor's role, and which of that role it is: a number, a tenant, or a tenant and endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActorName {
    /// Its role.
    pub role: Role,
    /// Which one.
    pub index: Arc<str>,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 5] = [
        Self::Ingest,
        Self::Matcher,
        Self::Aggregator,
        Self::Writer,
        Self::Timer,
    ];

    /// The role as a label's value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Matcher => "matcher",
            Self::Aggregator => "aggregator",
            Self::Writer => "writer",
            Self::Timer => "timer",
        }
    }
}

impl ActorName {
    /// The name of one actor of `role`.
    #[must_use]
    pub fn new(role: Role, index: impl ToString) -> Self {
        Self {
            role,
            index: index.to_string().into(),
        }
    }

    /// Numbers in their own order, before all other names.
    fn key(&self) -> (Role, u64, &str) {
        (self.role, self.index.parse().unwrap_or(u64::MAX), &self.index)
    }
}

impl Ord for ActorName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for ActorName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for ActorName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.role {
            Role::Timer => formatter.write_str("timer"),
            role => write!(formatter, "{} {}", role.as_str(), self.index),
        }
    }
}
