//! Answers one request to `TraceService/Export`.

use std::time::Instant;

use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use spangraph_actors::intake::TraceSink;
use spangraph_actors::refusal::Refusal;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::{Code, Status};

use super::message::{MessageLimits, read_message};
use crate::listener::Listener;
use crate::receivers::answers::{Rejection, code_name, export_answer};
use crate::receivers::decompression::Encoding;
use crate::receivers::intake::{Intake, NO_METRICS_HEADER, Origin};
use crate::receivers::metrics::{AnswerCode, OpenConnection, Transport};

const EXPORT_PATH: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const GRPC_CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/grpc");
const ACCEPTED_ENCODINGS: HeaderValue = HeaderValue::from_static("gzip,zstd,identity");

/// The only method of the only service.
#[derive(Debug)]
pub(super) struct ExportService<S> {
    intake: Intake<S>,
    limits: MessageLimits,
    stopping: CancellationToken,
}

impl<S: TraceSink> ExportService<S> {
    /// Hands messages within `limits` to `intake`; refuses all once `stopping`.
    pub fn new(intake: Intake<S>, limits: MessageLimits, stopping: CancellationToken) -> Self {
        Self {
            intake,
            limits,
            stopping,
        }
    }

    /// Counts a connection as open while the returned value lives.
    pub fn count_connection(&self) -> OpenConnection {
        self.intake.metrics().count_connection(Transport::Grpc)
    }

    /// The answer to `request`, whatever it is.
    pub async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let began = Instant::now();
        if !is_grpc(&request) {
            return unsupported(&request);
        }
        let outcome = self.export(request).await;
        let metrics = self.intake.metrics();
        if let Some(reason) = outcome.as_ref().err().and_then(Rejection::reason) {
            metrics.count_refused(Transport::Grpc, reason);
        }
        let code = outcome.as_ref().err().map_or(Code::Ok, Rejection::grpc_code);
        metrics.count_answer(Transport::Grpc, AnswerCode::Grpc(code_name(code)), began);
        match outcome {
            Ok(message) => success(&message),
            Err(rejection) => failure(&rejection),
        }
    }

    async fn export(&self, request: Request<Incoming>) -> Result<Bytes, Rejection> {
        let (head, body) = request.into_parts();
        if head.uri.path() != EXPORT_PATH {
            return Err(Rejection::UnknownPath(head.uri.path().to_owned()));
        }
        if self.stopping.is_cancelled() {
            return Err(Refusal::ShuttingDown.into());
        }
        let encoding = Encoding::parse(
            head.headers
                .get("grpc-encoding")
                .map_or(b"", HeaderValue::as_bytes),
        )?;
        let origin = self.origin(&head.headers)?;
        let body = read_message(body, encoding, self.limits, self.intake.admit()?).await?;
        let accepted = self.intake.export(Transport::Grpc, origin, body).await?;
        Ok(export_answer(accepted).to_protobuf())
    }

    fn origin(&self, headers: &HeaderMap) -> Result<Origin, Rejection> {
        let header = |name| headers.get_all(name).into_iter().map(HeaderValue::as_bytes);
        let tenant = self.intake.tenant_of(Listener::Grpc, header)?;
        Ok(Origin {
            tenant,
            without_metrics: headers.contains_key(NO_METRICS_HEADER),
        })
    }
}

fn is_grpc(request: &Request<Incoming>) -> bool {
    let content_type = request
        .headers()
        .get(http::header::CONTENT_TYPE)
        .map(HeaderValue::as_bytes);
    request.method() == Method::POST && content_type.is_some_and(|name| name.starts_with(b"application/grpc"))
}

/// Answers what is no gRPC at all, as gRPC over HTTP/2 asks for.
fn unsupported(request: &Request<Incoming>) -> Response<Body> {
    let is_post = request.method() == Method::POST;
    let mut response = Response::new(Body::default());
    *response.status_mut() = if is_post {
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    } else {
        StatusCode::METHOD_NOT_ALLOWED
    };
    if !is_post {
        response
            .headers_mut()
            .insert(http::header::ALLOW, HeaderValue::from_static("POST"));
    }
    response
}

fn success(message: &[u8]) -> Response<Body> {
    let mut framed = BytesMut::with_capacity(5 + message.len());
    framed.put_u8(0);
    framed.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    framed.put_slice(message);
    let trailers = HeaderMap::from_iter([(Status::GRPC_STATUS, HeaderValue::from_static("0"))]);
    let body = Full::new(framed.freeze()).with_trailers(std::future::ready(Some(Ok(trailers))));
    let mut response = Response::new(Body::new(body));
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, GRPC_CONTENT_TYPE);
    response
}

fn failure(rejection: &Rejection) -> Response<Body> {
    let mut response = rejection.grpc_status().into_http();
    if matches!(rejection, Rejection::UnsupportedEncoding(_)) {
        response
            .headers_mut()
            .insert("grpc-accept-encoding", ACCEPTED_ENCODINGS);
    }
    response
}
