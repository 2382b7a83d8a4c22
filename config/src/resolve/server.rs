//! The settings of the process: listeners, log, admission and actors.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use super::{authentication, durability, tls};
use crate::schema::File;
use crate::schema::distributor::{Cors, Grpc, Http};
use crate::schema::server::{LogFormat as WrittenFormat, LogLevel, Server};
use crate::schema::spangraph::{Receivers, Spangraph};
use crate::{
    ActorSettings, AdmissionSettings, CorsSettings, GrpcReceiverSettings, HttpReceiverSettings,
    ListenEndpoint, LogFormat, ServerSettings,
};

const MIB: usize = 1024 * 1024;
const PAGES_PORT: u16 = 3200;
const GRPC_PORT: u16 = 4317;
const HTTP_PORT: u16 = 4318;
/// For gRPC messages in MiB, and for HTTP bodies.
const MAX_MESSAGE_MIB: u32 = 64;
const MAX_CONCURRENT_STREAMS: u32 = 100;
const MAX_CONNECTIONS: usize = 10_000;
const CONNECTION_AGE_GRACE: Duration = Duration::from_secs(30);
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
const MAILBOX: usize = 1024;
const ADMITTED_SPANS: usize = 1_000_000;
const ADMITTED_BYTES: usize = 256 * MIB;
const TENANTS: usize = 10_000;

/// The settings of the process.
pub fn resolve(file: &File) -> ServerSettings {
    let protocols = &file.distributor.receivers.otlp.protocols;
    let none_is_named = protocols.grpc.is_none() && protocols.http.is_none();
    let (default_grpc, default_http) = (Grpc::default(), Http::default());
    let grpc = protocols.grpc.as_ref().or(none_is_named.then_some(&default_grpc));
    let http = protocols.http.as_ref().or(none_is_named.then_some(&default_http));
    ServerSettings {
        grpc: grpc.map(|grpc| grpc_receiver(grpc, &file.spangraph.receivers)),
        http: http.map(|http| http_receiver(http, &file.spangraph.receivers)),
        pages_endpoint: pages_endpoint(&file.server),
        pages_tls: tls::of_pages(
            &file.server.http_tls_config,
            file.server.tls_min_version.as_ref().and_then(|version| version.0),
        ),
        authentication: authentication::resolve(file),
        multitenancy_enabled: file.multitenancy_enabled.unwrap_or(false),
        log_level: log_level(file.server.log_level.unwrap_or(LogLevel::Info)).to_owned(),
        log_format: file.server.log_format.map_or(LogFormat::Text, log_format),
        admission: admission(&file.spangraph),
        actors: actors(&file.spangraph),
        stop_deadline: file.spangraph.stop.deadline.map(Into::into),
        durability: durability::resolve(file),
    }
}

fn grpc_receiver(written: &Grpc, receivers: &Receivers) -> GrpcReceiverSettings {
    let mebibytes = written
        .max_recv_msg_size_mib
        .map_or(MAX_MESSAGE_MIB, NonZeroU32::get);
    let connections = &written.keepalive.server_parameters;
    GrpcReceiverSettings {
        endpoint: written.endpoint.clone().unwrap_or_else(|| local(GRPC_PORT)),
        max_message_bytes: usize::try_from(mebibytes)
            .unwrap_or(usize::MAX)
            .saturating_mul(MIB),
        max_concurrent_streams: written
            .max_concurrent_streams
            .map_or(MAX_CONCURRENT_STREAMS, NonZeroU32::get),
        max_connections: or(receivers.max_connections, MAX_CONNECTIONS),
        max_connection_age: connections
            .max_connection_age
            .as_ref()
            .and_then(|age| age.0)
            .map(Into::into),
        max_connection_age_grace: connections
            .max_connection_age_grace
            .map_or(CONNECTION_AGE_GRACE, Into::into),
        tls: tls::of_receiver(&written.tls),
    }
}

fn http_receiver(written: &Http, receivers: &Receivers) -> HttpReceiverSettings {
    let default_bytes = usize::try_from(MAX_MESSAGE_MIB)
        .unwrap_or(usize::MAX)
        .saturating_mul(MIB);
    HttpReceiverSettings {
        endpoint: written.endpoint.clone().unwrap_or_else(|| local(HTTP_PORT)),
        max_body_bytes: or(written.max_request_body_size, default_bytes),
        body_timeout: receivers.body_timeout.map_or(BODY_TIMEOUT, Into::into),
        max_connections: or(receivers.max_connections, MAX_CONNECTIONS),
        tls: tls::of_receiver(&written.tls),
        cors: cors(&written.cors),
    }
}

fn cors(written: &Cors) -> Option<CorsSettings> {
    (!written.allowed_origins.is_empty()).then(|| CorsSettings {
        allowed_origins: written.allowed_origins.clone(),
        allowed_headers: written.allowed_headers.clone(),
        exposed_headers: written.exposed_headers.clone(),
        max_age_seconds: written.max_age,
    })
}

fn admission(written: &Spangraph) -> AdmissionSettings {
    AdmissionSettings {
        max_spans: or(written.admission.max_spans, ADMITTED_SPANS),
        max_bytes: or(written.admission.max_bytes, ADMITTED_BYTES),
        max_tenants: or(written.admission.max_tenants, TENANTS),
    }
}

fn actors(written: &Spangraph) -> ActorSettings {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    ActorSettings {
        ingest_actors: or(written.ingest.actors, (cores / 2).max(1)),
        ingest_mailbox: or(written.ingest.mailbox, MAILBOX),
        matcher_shards: or(written.matcher.shards, (cores / 4).max(1)),
        matcher_mailbox: or(written.matcher.mailbox, MAILBOX),
        aggregator_mailbox: or(written.aggregator.mailbox, MAILBOX),
        writer_threads: or(written.writer.threads, (cores / 4).max(1)),
    }
}

fn or(written: Option<NonZeroUsize>, default: usize) -> usize {
    written.map_or(default, NonZeroUsize::get)
}

fn pages_endpoint(written: &Server) -> ListenEndpoint {
    let local = local(written.http_listen_port.unwrap_or(PAGES_PORT));
    let host = written.http_listen_address.clone().unwrap_or(local.host);
    ListenEndpoint { host, ..local }
}

fn local(port: u16) -> ListenEndpoint {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into()
}

fn log_level(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Trace => "trace",
        LogLevel::Debug => "debug",
        LogLevel::Info => "info",
        LogLevel::Warn => "warn",
        LogLevel::Error => "error",
    }
}

fn log_format(format: WrittenFormat) -> LogFormat {
    match format {
        WrittenFormat::Logfmt | WrittenFormat::Text => LogFormat::Text,
        WrittenFormat::Json => LogFormat::Json,
    }
}
