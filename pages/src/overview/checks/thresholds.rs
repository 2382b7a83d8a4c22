//! From where on several checks count.

/// From this share of a bound on, it is nearly reached.
pub const NEARLY: f64 = 0.9;

/// The gate and queues swing more, and count earlier.
pub const NEARLY_FULL: f64 = 0.8;

/// Shares of fewer than these say little.
pub const ENOUGH: u64 = 50;
