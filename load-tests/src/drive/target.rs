//! Where traffic is sent, by which transport and how compressed.

use clap::{Args, ValueEnum};
use serde::Serialize;

/// Where and how traffic is sent.
#[derive(Args, Clone, Debug, Serialize)]
pub struct Target {
    /// Host and port of the receiver.
    #[arg(long, default_value = "127.0.0.1:4317")]
    pub endpoint: String,
    /// The transport of OTLP.
    #[arg(long, value_enum, default_value_t = Transport::Grpc)]
    pub transport: Transport,
    /// How requests are compressed.
    #[arg(long, value_enum, default_value_t = Compression::None)]
    pub compression: Compression,
    /// The tenant to send as, in X-Scope-OrgID.
    #[arg(long)]
    pub tenant: Option<String>,
}

/// A transport of OTLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// `TraceService/Export` over HTTP/2.
    Grpc,
    /// `POST /v1/traces` over HTTP/1.1.
    Http,
}

/// How requests are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// Not at all.
    None,
    /// By gzip, at its usual level.
    Gzip,
    /// By Zstandard, at its usual level.
    Zstd,
}
