//! What receivers count about themselves.

use std::fmt;
use std::time::Instant;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::authentication::AuthenticationMetrics;
use crate::protocols::ProtocolMismatches;
use crate::tls::TlsMetrics;

const SECONDS_BUCKETS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0];

/// Counters of all receivers; clones count together.
#[derive(Clone, Debug)]
pub struct ReceiverMetrics {
    requests: Family<RequestLabels, Counter>,
    refused: Family<RefusedLabels, Counter>,
    body_bytes: Family<TransportLabel, Counter>,
    connections: Family<TransportLabel, Gauge>,
    request_seconds: Family<TransportLabel, Histogram, fn() -> Histogram>,
    json_spans_refused: Counter,
    json_values_passed_over: Counter,
    tls: TlsMetrics,
    authentication: AuthenticationMetrics,
    mismatches: ProtocolMismatches,
}

/// How a request travelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// OTLP/gRPC.
    Grpc,
    /// OTLP/HTTP.
    Http,
}

impl Transport {
    /// The key of the address that its receiver listens on.
    #[must_use]
    pub fn endpoint_key(self) -> &'static str {
        match self {
            Self::Grpc => "distributor.receivers.otlp.protocols.grpc.endpoint",
            Self::Http => "distributor.receivers.otlp.protocols.http.endpoint",
        }
    }
}

/// The code of an answer: the name of a gRPC code, or the number of an HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AnswerCode {
    /// As in `RESOURCE_EXHAUSTED`.
    Grpc(&'static str),
    /// As in 429.
    Http(u16),
}

/// Why a request was refused, as a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefusalReason {
    /// The pipeline is full.
    Overloaded,
    /// The tenant has sent as much as it may.
    RateLimited,
    /// So many tenants run that no further one is started.
    TooManyTenants,
    /// The request could not be made durable.
    NotLogged,
    /// The server is stopping.
    ShuttingDown,
    /// The request is none, or is corrupt.
    Malformed,
    /// The request has too many bytes.
    TooLarge,
    /// The request has no credentials that are known, or names no tenant.
    Unauthenticated,
    /// The request's credentials are another tenant's.
    Forbidden,
    /// The request is compressed in a way we do not know.
    UnsupportedEncoding,
    /// The request is neither protobuf nor JSON.
    UnsupportedMediaType,
    /// The request took too long to arrive.
    Timeout,
    /// The pipeline broke.
    Broken,
}

/// A request that is not answered yet; dropped before that, it is counted as one whose sender went away.
#[derive(Debug)]
pub struct RequestUnderWay<'a> {
    metrics: &'a ReceiverMetrics,
    transport: Transport,
    began: Instant,
    is_answered: bool,
}

/// One open connection; it is counted until this is dropped.
#[derive(Debug)]
pub struct OpenConnection(Gauge);

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TransportLabel {
    transport: Transport,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    transport: Transport,
    code: AnswerCode,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusedLabels {
    transport: Transport,
    reason: RefusalReason,
}

impl ReceiverMetrics {
    /// Adds all metrics to `registry`, under their whole names.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "spangraph_receiver_requests",
            "Export requests answered, by transport and code of the answer",
            self.requests.clone(),
        );
        registry.register(
            "spangraph_receiver_refused",
            "Export requests refused whole, by transport and reason",
            self.refused.clone(),
        );
        registry.register(
            "spangraph_receiver_body_bytes",
            "Decompressed bytes handed to the pipeline",
            self.body_bytes.clone(),
        );
        registry.register(
            "spangraph_receiver_connections",
            "Connections open now",
            self.connections.clone(),
        );
        registry.register(
            "spangraph_receiver_request_seconds",
            "Time from a request's headers to its answer",
            self.request_seconds.clone(),
        );
        registry.register(
            "spangraph_receiver_json_spans_refused",
            "Spans of OTLP JSON that were refused as a field that they need does not have its form",
            self.json_spans_refused.clone(),
        );
        registry.register(
            "spangraph_receiver_json_values_passed_over",
            "Values of OTLP JSON that do not have the form of their field, and cost nothing but themselves",
            self.json_values_passed_over.clone(),
        );
        self.tls.register(registry);
        self.authentication.register(registry);
        self.mismatches.register(registry);
    }

    /// What TLS listeners count.
    #[must_use]
    pub fn tls(&self) -> &TlsMetrics {
        &self.tls
    }

    /// What is counted of those who are not let in.
    #[must_use]
    pub fn authentication(&self) -> &AuthenticationMetrics {
        &self.authentication
    }

    /// What is counted of connections that speak another protocol than their listener.
    #[must_use]
    pub fn mismatches(&self) -> &ProtocolMismatches {
        &self.mismatches
    }

    /// A request begins now.
    #[must_use]
    pub fn begin(&self, transport: Transport) -> RequestUnderWay<'_> {
        RequestUnderWay {
            metrics: self,
            transport,
            began: Instant::now(),
            is_answered: false,
        }
    }

    /// Counts one answered request that began at `began`.
    pub fn count_answer(&self, transport: Transport, code: AnswerCode, began: Instant) {
        self.requests
            .get_or_create(&RequestLabels { transport, code })
            .inc();
        let seconds = self.request_seconds.get_or_create(&TransportLabel { transport });
        seconds.observe(began.elapsed().as_secs_f64());
    }

    /// Counts one refused request.
    pub fn count_refused(&self, transport: Transport, reason: RefusalReason) {
        self.refused
            .get_or_create(&RefusedLabels { transport, reason })
            .inc();
    }

    /// How many requests were refused for `reason` so far, over all transports.
    #[must_use]
    pub fn refused_for(&self, reason: RefusalReason) -> u64 {
        let refused = |transport| {
            let counter = self.refused.get(&RefusedLabels { transport, reason });
            counter.map_or(0, |counter| counter.get())
        };
        refused(Transport::Grpc) + refused(Transport::Http)
    }

    /// Counts the decompressed bytes of one request.
    pub fn count_body(&self, transport: Transport, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.body_bytes
            .get_or_create(&TransportLabel { transport })
            .inc_by(bytes);
    }

    /// Counts what could not be taken over from one request in JSON.
    pub fn count_json(&self, spans_refused: u64, values_passed_over: u64) {
        self.json_spans_refused.inc_by(spans_refused);
        self.json_values_passed_over.inc_by(values_passed_over);
    }

    /// Counts a connection for as long as the returned value lives.
    #[must_use]
    pub fn count_connection(&self, transport: Transport) -> OpenConnection {
        let connections = self
            .connections
            .get_or_create(&TransportLabel { transport })
            .clone();
        connections.inc();
        OpenConnection(connections)
    }
}

impl Default for ReceiverMetrics {
    fn default() -> Self {
        Self {
            requests: Family::default(),
            refused: Family::default(),
            body_bytes: Family::default(),
            connections: Family::default(),
            request_seconds: Family::new_with_constructor(|| Histogram::new(SECONDS_BUCKETS)),
            json_spans_refused: Counter::default(),
            json_values_passed_over: Counter::default(),
            tls: TlsMetrics::default(),
            authentication: AuthenticationMetrics::default(),
            mismatches: ProtocolMismatches::default(),
        }
    }
}

impl RequestUnderWay<'_> {
    /// It is answered; gives when it began.
    #[must_use]
    pub fn end(mut self) -> Instant {
        self.is_answered = true;
        self.began
    }
}

impl Drop for RequestUnderWay<'_> {
    fn drop(&mut self) {
        if !self.is_answered {
            let code = AnswerCode::of_cancelled(self.transport);
            self.metrics.count_answer(self.transport, code, self.began);
        }
    }
}

impl AnswerCode {
    /// What stands for the answer that a sender did not wait for; over HTTP the code that nginx made usual.
    fn of_cancelled(transport: Transport) -> Self {
        match transport {
            Transport::Grpc => Self::Grpc("CANCELLED"),
            Transport::Http => Self::Http(499),
        }
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Grpc => "grpc",
            Self::Http => "http",
        })
    }
}

impl RefusalReason {
    /// All reasons.
    pub const ALL: [Self; 13] = [
        Self::Overloaded,
        Self::RateLimited,
        Self::TooManyTenants,
        Self::NotLogged,
        Self::ShuttingDown,
        Self::Malformed,
        Self::TooLarge,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::UnsupportedEncoding,
        Self::UnsupportedMediaType,
        Self::Timeout,
        Self::Broken,
    ];
}

impl fmt::Display for RefusalReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Overloaded => "overloaded",
            Self::RateLimited => "rate_limited",
            Self::TooManyTenants => "too_many_tenants",
            Self::NotLogged => "not_logged",
            Self::ShuttingDown => "shutting_down",
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::UnsupportedEncoding => "unsupported_encoding",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::Timeout => "timeout",
            Self::Broken => "broken",
        })
    }
}

impl EncodeLabelValue for Transport {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        fmt::Write::write_fmt(encoder, format_args!("{self}"))
    }
}

impl EncodeLabelValue for RefusalReason {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        fmt::Write::write_fmt(encoder, format_args!("{self}"))
    }
}

impl EncodeLabelValue for AnswerCode {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        match self {
            Self::Grpc(name) => fmt::Write::write_str(encoder, name),
            Self::Http(status) => fmt::Write::write_fmt(encoder, format_args!("{status}")),
        }
    }
}
