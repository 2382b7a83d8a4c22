//! Connections that take bodies as they are, so that a sender does next to nothing for each.

use std::future::poll_fn;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderName, TE};
use http::{HeaderMap, HeaderValue, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::SendRequest;
use tonic::body::Body;
use tonic::codegen::Service as _;
use tonic::transport::{Channel, Endpoint};

use super::bodies::Framing;
use crate::drive::{Transport, open};

const GRPC_PATH: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const HTTP_PATH: &str = "/v1/traces";
const GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
/// `RESOURCE_EXHAUSTED` and `UNAVAILABLE`.
const OVERLOADED: [&str; 2] = ["8", "14"];

/// A connection with one request at a time.
pub(super) enum Connection {
    Grpc {
        /// tonic's client without its codec.
        channel: Channel,
        framing: Framing,
    },
    Http {
        sender: SendRequest<Full<Bytes>>,
        host: String,
        framing: Framing,
    },
}

/// How a request was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Accepted,
    /// The receiver has too much to do.
    Refused,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens there.
    pub(super) async fn to(endpoint: &str, framing: Framing) -> anyhow::Result<Self> {
        Ok(match framing.transport {
            Transport::Grpc => {
                let endpoint = Endpoint::from_shared(format!("http://{endpoint}"))?.tcp_nodelay(true);
                let channel = endpoint.connect().await.context("cannot connect by gRPC")?;
                Self::Grpc { channel, framing }
            }
            Transport::Http => Self::Http {
                sender: open(endpoint).await?,
                host: endpoint.to_owned(),
                framing,
            },
        })
    }

    /// Sends one body and waits for its answer.
    ///
    /// # Errors
    /// When it is answered with a failure, or not at all.
    pub(super) async fn send(&mut self, body: Bytes) -> anyhow::Result<Outcome> {
        match self {
            Self::Grpc { channel, framing } => send_by_grpc(channel, *framing, body).await,
            Self::Http {
                sender,
                host,
                framing,
            } => send_by_http(sender, host, *framing, body).await,
        }
    }
}

async fn send_by_grpc(channel: &mut Channel, framing: Framing, body: Bytes) -> anyhow::Result<Outcome> {
    let mut request = Request::post(GRPC_PATH)
        .header(TE, "trailers")
        .header(CONTENT_TYPE, "application/grpc")
        .body(Body::new(Full::new(body)))?;
    if let Some(encoding) = framing.encoding() {
        let encoding = HeaderValue::from_static(encoding);
        request.headers_mut().insert(GRPC_ENCODING, encoding);
    }
    poll_fn(|context| channel.poll_ready(context)).await?;
    let (head, body) = channel.call(request).await?.into_parts();
    let body = body.collect().await?;
    let status = |headers: &HeaderMap| headers.get(GRPC_STATUS).cloned();
    let status = body.trailers().and_then(status).or_else(|| status(&head.headers));
    let status = status.context("the answer has no gRPC status")?;
    match status.to_str()? {
        "0" => Ok(Outcome::Accepted),
        overloaded if OVERLOADED.contains(&overloaded) => Ok(Outcome::Refused),
        other => bail!("the answer has the gRPC status {other}"),
    }
}

async fn send_by_http(
    sender: &mut SendRequest<Full<Bytes>>,
    host: &str,
    framing: Framing,
    body: Bytes,
) -> anyhow::Result<Outcome> {
    let mut request = Request::post(HTTP_PATH)
        .header(HOST, host)
        .header(CONTENT_TYPE, "application/x-protobuf")
        .body(Full::new(body))?;
    if let Some(encoding) = framing.encoding() {
        let encoding = HeaderValue::from_static(encoding);
        request.headers_mut().insert(CONTENT_ENCODING, encoding);
    }
    // A receiver that refused may have closed the connection.
    if sender.ready().await.is_err() {
        *sender = open(host).await?;
        sender.ready().await?;
    }
    let response = sender.send_request(request).await?;
    let status = response.status();
    response.into_body().collect().await?;
    match status.as_u16() {
        200..300 => Ok(Outcome::Accepted),
        429 | 503 => Ok(Outcome::Refused),
        other => bail!("the answer is {other}"),
    }
}
