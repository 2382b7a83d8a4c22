//! Sends traffic to an OTLP receiver: over many connections, at a rate or flat out, for a bounded time.

mod codec;
mod grpc;
mod http;
mod report;
mod schedule;
mod sender;
mod timeline;
mod worker;

pub use codec::BytesCodec;
pub use http::get;
pub use report::{DriveReport, Percentiles};
pub use schedule::Limits;
pub use sender::{Compression, Target, Transport};
pub use timeline::Timeline;
pub use worker::{Driven, TimedAnswer, drive};
