//! What is let into the pipeline, and how much of it: the gate, the tenants' rates, and what refused senders are told.

mod door;
mod gate;
mod ingestion_limit;
mod intake;
mod lingering;
mod refusal;
mod room;
mod submission;
#[cfg(test)]
mod tests;

pub use door::Latch;
pub use gate::{Gate, GateLevel, OPEN_REQUEST_BYTES, RETRY_AFTER, ROOM_ON_TRUST, overloaded};
pub use ingestion_limit::{IngestionBucket, IngestionGauge, Shortage};
pub use intake::{Accepted, AsReceived, ExportRequest, TraceSink};
pub use lingering::{Linger, Lingering};
pub use refusal::Refusal;
pub use room::Room;
pub use submission::Submission;
