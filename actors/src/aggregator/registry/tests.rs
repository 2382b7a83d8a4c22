//! Tests of the whole registry, from edges to what the generated messages decode.

mod forgetting;
mod images;
mod label_limits;
mod life;
mod limits;
mod memory;
mod model;
mod native;
mod restoring;
mod series;
mod shifted;
mod slices;
mod spans;
mod takeover;
mod targets;

/// 28,333,333 minutes after the Unix epoch.
const MINUTE: i64 = 28_333_333 * 60_000;
