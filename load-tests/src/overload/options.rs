//! How a server is overloaded.

use clap::Args;
use serde::Serialize;

use crate::drive::Target;
use crate::goal::Judging;
use crate::process::ServerOptions;
use crate::traffic::Shape;

/// How a server is overloaded.
#[derive(Args, Clone, Debug)]
pub struct OverloadOptions {
    /// The server; it runs on the first core and the sender on the others, unless --server-cores says otherwise.
    #[command(flatten)]
    pub server: ServerOptions,
    /// The traffic.
    #[command(flatten)]
    pub shape: Shape,
    /// How it is sent; the endpoint is the started server's.
    #[command(flatten)]
    pub target: Target,
    /// How much load for how long.
    #[command(flatten)]
    pub load: Load,
    /// What a missed goal means.
    #[command(flatten)]
    pub judging: Judging,
}

/// How much load for how long.
///
/// Senders and their connections stay the same; at overload they send more.
#[derive(Args, Clone, Debug, Serialize)]
pub struct Load {
    /// Connections, each with one request at a time.
    #[arg(long, default_value_t = 128)]
    pub connections: usize,
    /// Requests that the server's admission gate has room for, and one more. Few, so that what is too much is refused soon: with
    /// a large gate a server that is limited by its core leaves it in the senders' connections.
    #[arg(long, default_value_t = 3)]
    pub room: usize,
    /// The share of the time that the server may run, as under a container's CPU limit. A sender with one core can offer
    /// less than twice of what a server takes with one of its own; give it more where it has more.
    #[arg(long, default_value_t = 0.4)]
    pub server_share: f64,
    /// Seconds of each step on the way to what the server can take: twice as many requests are under way each time.
    #[arg(long, default_value_t = 3.0)]
    pub step_seconds: f64,
    /// Seconds at full load; longer than halves wait, so that memory has grown to what full load takes.
    #[arg(long, default_value_t = 15.0)]
    pub full_seconds: f64,
    /// Seconds at overload.
    #[arg(long, default_value_t = 120.0)]
    pub overload_seconds: f64,
    /// Seconds at half load, before the overload and again after it.
    #[arg(long, default_value_t = 8.0)]
    pub half_seconds: f64,
    /// How many times what the server can take is sent at overload.
    #[arg(long, default_value_t = 2.0)]
    pub factor: f64,
}
