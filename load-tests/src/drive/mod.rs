//! Sends traffic to an OTLP receiver: over many connections, at a rate or flat out, for a bounded time.

mod answer;
mod codec;
mod grpc;
mod http;
mod report;
mod schedule;
mod sender;
mod target;
mod timeline;
mod worker;

pub(crate) use answer::Answer;
pub use answer::TimedAnswer;
pub use codec::BytesCodec;
pub use http::get;
pub(crate) use http::{compress, open};
pub use report::{DriveReport, Percentiles};
pub use schedule::Limits;
pub(crate) use schedule::now_unix_nanoseconds;
pub(crate) use sender::Sender;
pub use target::{Compression, Target, Transport};
pub use timeline::Timeline;
pub use worker::{Driven, drive};
