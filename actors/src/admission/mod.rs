//! What is let into the pipeline, and how much of it: the gate, the tenants' rates, and what refused senders are told.

mod gate;
mod ingestion_limit;
mod intake;
mod refusal;

pub use gate::{Gate, GateLevel, Permit, RETRY_AFTER, ROOM_ON_TRUST, overloaded};
pub use ingestion_limit::{IngestionBucket, IngestionGauge, Shortage};
pub use intake::{Accepted, ExportRequest, TraceSink};
pub use refusal::Refusal;
