//! `distributor`: where spans are received.

use std::num::{NonZeroU32, NonZeroUsize};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::tls::ReceiverTls;
use super::values::{GoDuration, UnlessZero};
use crate::ListenEndpoint;

/// `distributor`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Distributor {
    /// The receivers; only `otlp` exists here.
    pub receivers: Receivers,
}

/// `distributor.receivers`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Receivers {
    /// OpenTelemetry's own protocol. Left out, gRPC and HTTP are both on at their defaults.
    pub otlp: Otlp,
}

/// `distributor.receivers.otlp`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Otlp {
    /// Which transports are on: those that are named, or both when none is.
    pub protocols: Protocols,
}

/// `distributor.receivers.otlp.protocols`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Protocols {
    /// OTLP over gRPC; a key with nothing after it switches it on at its defaults.
    #[serde(deserialize_with = "named")]
    pub grpc: Option<Grpc>,
    /// OTLP over HTTP; a key with nothing after it switches it on at its defaults.
    #[serde(deserialize_with = "named")]
    pub http: Option<Http>,
}

/// `….protocols.grpc`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Grpc {
    /// Where it listens: an address or a name and a port. Default `127.0.0.1:4317`; `0.0.0.0:4317` to receive from
    /// other hosts.
    pub endpoint: Option<ListenEndpoint>,
    /// The most that a message may have after decompression. Default `64`; raise it when senders with large batches are
    /// refused, lower it to bound memory.
    #[schemars(extend("unit" = "MiB"))]
    pub max_recv_msg_size_mib: Option<NonZeroU32>,
    /// The most requests under way on one connection; a sender waits before it begins more. Default `100`; raise it when a
    /// proxy puts many senders onto few connections, lower it when one sender crowds out others.
    #[schemars(extend("unit" = "requests"))]
    pub max_concurrent_streams: Option<NonZeroU32>,
    /// How long connections live.
    pub keepalive: Keepalive,
    /// TLS. Default off; on as soon as `cert_file` and `key_file` are written.
    pub tls: ReceiverTls,
}

/// `….grpc.keepalive`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keepalive {
    /// What the server asks of connections.
    pub server_parameters: ServerParameters,
}

/// `….grpc.keepalive.server_parameters`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerParameters {
    /// A connection older than this is asked to go away; `0s` is never. Default `0s`; set it, such as `10m`, when a
    /// load balancer should spread long-lived senders over new instances.
    pub max_connection_age: Option<UnlessZero<GoDuration<1>>>,
    /// How long requests may go on after that. Default `30s`; raise it when requests are cut off.
    pub max_connection_age_grace: Option<GoDuration<0>>,
}

/// `….protocols.http`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// Where it listens: an address or a name and a port. Default `127.0.0.1:4318`; `0.0.0.0:4318` to receive from
    /// other hosts.
    pub endpoint: Option<ListenEndpoint>,
    /// The most that a body may have after decompression. Default `67108864` (64 MiB); raise it when senders with large
    /// batches are refused, lower it to bound memory.
    #[schemars(extend("unit" = "bytes"))]
    pub max_request_body_size: Option<NonZeroUsize>,
    /// TLS. Default off; on as soon as `cert_file` and `key_file` are written.
    pub tls: ReceiverTls,
    /// Which pages in browsers may send. Default none.
    pub cors: Cors,
}

/// `….http.cors`, the Collector's keys.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cors {
    /// Origins whose pages may send, such as `https://shop.example`; one `*` in each stands for any text, and `*`
    /// alone for any origin. Default none, which answers browsers as anybody else. Set it when pages send spans.
    pub allowed_origins: Vec<String>,
    /// Headers that pages may send besides `Accept`, `Content-Type`, `Content-Encoding` and `X-Requested-With`; `*`
    /// for any. Default none. Set it when pages name a tenant or show a credential.
    pub allowed_headers: Vec<String>,
    /// Headers of answers that pages may see besides `Retry-After`. Default none. Set it when pages read others.
    pub exposed_headers: Vec<String>,
    /// How many seconds browsers may remember that they may send. Default `0`, the browser's own time (5 s); a
    /// negative number has them ask each time. Raise it when browsers ask too often.
    #[schemars(extend("unit" = "seconds"))]
    pub max_age: i64,
}

/// A block that is there as soon as it is named, also when nothing stands in it.
fn named<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
