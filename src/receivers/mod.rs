//! OTLP over gRPC and HTTP: checks size, tenant and encoding, and hands plain bytes to the pipeline.

pub mod answers;
mod arrival;
pub mod body_buffer;
pub mod decompression;
pub mod grpc;
pub mod http;
mod intake;
mod logged;
mod packing;

#[cfg(test)]
mod recording_sink;

use std::io;

use spangraph_config::ListenEndpoint;
use spangraph_serving::listening::ListenError;
use spangraph_serving::receiver_metrics::Transport;
use spangraph_serving::tls::TlsError;

pub use grpc::GrpcReceiver;
pub use http::HttpReceiver;
pub use intake::Intake;
pub use logged::unpacking;

/// Why a receiver did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is in use, not ours, or not allowed, or its name does not resolve.
    #[error("{transport} receiver cannot listen on {endpoint} ({})", .transport.endpoint_key())]
    Listen {
        /// Whose address it is.
        transport: Transport,
        /// Where it was to listen, as configured.
        endpoint: ListenEndpoint,
        /// Why it does not.
        source: ListenError,
    },
    /// What listens cannot be served.
    #[error("{transport} receiver cannot serve")]
    Serve {
        /// Whose listener it is.
        transport: Transport,
        /// What the system said.
        source: io::Error,
    },
    /// The certificates cannot be used.
    #[error("{transport} receiver cannot use its certificates")]
    Tls {
        /// Whose certificates they are.
        transport: Transport,
        /// What is wrong with them.
        source: TlsError,
    },
    /// The threads of a receiver could not be started.
    #[error("{transport} receiver cannot start its threads")]
    Threads {
        /// Whose threads they are.
        transport: Transport,
        /// What the system said.
        source: io::Error,
    },
}

/// Half the cores, at least 1: receivers share the machine with the pipeline's own threads.
#[must_use]
pub fn default_threads() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| (cores.get() / 2).max(1))
}
