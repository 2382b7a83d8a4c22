//! Wire formats: borrowing views of OTLP, OTLP's JSON, and Prometheus remote write.

pub mod otlp;
pub mod remote_write;
pub mod wire;
