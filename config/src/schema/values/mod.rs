//! Values that are checked where they are read, so that a mistake has the place of the value.

pub mod bucket;
mod go_duration;
mod header;
mod host_pattern;
mod label;
mod optional;
mod pattern;

pub use bucket::{Bucket, BucketFactor};
pub use go_duration::GoDuration;
pub use header::{HeaderName, HeaderText, HeaderValue};
pub use host_pattern::HostPattern;
pub use label::{AttributeName, Dimension, LabelName, MetricName};
pub use optional::{UnlessEmpty, UnlessZero};
pub use pattern::Pattern;
