//! What of a request's cost is measured, and with what.

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::peer::PeerCommand;
use crate::drive::Transport;
use crate::goal::Judging;
use crate::process::ServerOptions;

/// How the cost of requests is measured.
#[derive(Args, Clone, Debug)]
pub struct RequestsOptions {
    /// The server; peers and floors run on the same cores.
    #[command(flatten)]
    pub server: ServerOptions,
    /// What is measured; without it all.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Part::ALL)]
    pub parts: Vec<Part>,
    /// Spans of a request, for the part `sizes`.
    #[arg(long, value_delimiter = ',', default_values_t = [2, 10, 50, 200, 1_000])]
    pub spans_per_request: Vec<u32>,
    /// The transports of OTLP, for the part `sizes`.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Transport::Grpc, Transport::Http])]
    pub transports: Vec<Transport>,
    /// Encoded bytes of a span, for all parts but `large` and `compressed`, which have 600.
    #[arg(long, default_value_t = 338, value_parser = clap::value_parser!(u32).range(200..=2_000))]
    pub span_bytes: u32,
    /// Connections for the parts that need no more.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub connections: u32,
    /// Connections for the part `crowd`.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub crowd: u32,
    /// Turns of each receiver; the median counts.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub turns: u32,
    /// Seconds of a turn.
    #[arg(long, default_value_t = 1.0)]
    pub seconds: f64,
    /// Seconds that requests come slowly, for the part `latency`.
    #[arg(long, default_value_t = 10.0)]
    pub slow_seconds: f64,
    /// Seconds without any request, for the part `idle`.
    #[arg(long, default_value_t = 20.0)]
    pub idle_seconds: f64,
    /// Another receiver of OTLP by gRPC, which is started and measured likewise: NAME=COMMAND,PORT. It is to listen on loopback, at
    /// that port, in a process of its own. May be given several times.
    #[arg(long, value_name = "NAME=COMMAND,PORT")]
    pub peer: Vec<PeerCommand>,
    /// Where random numbers begin.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// What a missed goal means.
    #[command(flatten)]
    pub judging: Judging,
}

/// A part of the measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Requests from small to large, by each transport.
    Sizes,
    /// Requests of 200 spans of 600 bytes.
    Large,
    /// The same compressed by gzip before they are sent, and not.
    Compressed,
    /// Small requests over many connections, and the memory of each.
    Crowd,
    /// Large requests over one connection.
    Single,
    /// How soon a request is answered when few come.
    Latency,
    /// CPU time when none come.
    Idle,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Sizes,
        Self::Large,
        Self::Compressed,
        Self::Crowd,
        Self::Single,
        Self::Latency,
        Self::Idle,
    ];
}
