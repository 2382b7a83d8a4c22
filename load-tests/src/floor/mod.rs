//! Receivers that do next to nothing, to know what a receiver cannot do without: transport, walking, decoding.

mod consume;
mod http;
mod hyper;
mod tonic;

use std::net::SocketAddr;

use clap::{Args, ValueEnum};
use serde::Serialize;
use tokio::net::TcpListener;

pub use consume::{FloorMode, walk};

/// How a floor receiver is run.
#[derive(Args, Clone, Copy, Debug)]
pub struct FloorOptions {
    /// What it does with a request.
    #[arg(long, value_enum)]
    pub mode: FloorMode,
    /// What takes it from the network.
    #[arg(long, value_enum, default_value_t = FloorTransport::Tonic)]
    pub transport: FloorTransport,
    /// Where it listens.
    #[arg(long, default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
}

/// What takes requests from the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FloorTransport {
    /// tonic's server, with a codec that hands bytes through.
    Tonic,
    /// hyper's HTTP/2 alone: chunks are taken as they come and never put together.
    Hyper,
    /// hyper's HTTP/1.1, for OTLP over HTTP; what is compressed stays so.
    Http,
}

/// Serves connections to `listener` until it is dropped.
///
/// # Errors
/// When the listener fails.
pub async fn serve(listener: TcpListener, mode: FloorMode, transport: FloorTransport) -> anyhow::Result<()> {
    match transport {
        FloorTransport::Tonic => tonic::serve(listener, mode).await,
        FloorTransport::Hyper => hyper::serve(listener, mode).await,
        FloorTransport::Http => http::serve(listener, mode).await,
    }
}
