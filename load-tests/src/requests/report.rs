//! Everything that one call measured.

use serde::Serialize;

use super::figures::CaseReport;
use crate::drive::Percentiles;
use crate::goal::Goal;

/// What requests cost.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RequestsReport {
    /// Requests of each size and way.
    pub cases: Vec<CaseReport>,
    /// Memory of connections; none when not measured.
    pub memory: Option<MemoryReport>,
    /// Answers when few requests come; none when not measured.
    pub latency: Option<CalmReport>,
    /// The share of a core that the server uses while nothing comes; none when not measured.
    pub idle_share: Option<f64>,
    /// What all this is to reach.
    pub goals: Vec<Goal>,
}

/// What connections of small senders hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct MemoryReport {
    /// How many were open.
    pub connections: u32,
    /// How much the server's memory grew with them, for each.
    pub bytes_per_connection: u64,
}

/// How soon requests are answered when few come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct CalmReport {
    /// How many came.
    pub requests_per_second: f64,
    /// By the server.
    pub server: Percentiles,
    /// By the floor.
    pub floor: Percentiles,
}
