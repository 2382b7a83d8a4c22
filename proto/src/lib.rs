//! Wire formats: borrowing views of OTLP, OTLP's JSON, and Prometheus remote write.

pub mod answers;
pub mod otlp;
pub mod otlp_json;
pub mod remote_write;
pub mod wire;
