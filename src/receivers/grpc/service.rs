//! `TraceService` as tonic routes to it: takes the raw request, so that messages are read under our rules.

use std::convert::Infallible;
use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{BufMut, Bytes, BytesMut};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Body as HttpBody;
use spangraph_actors::admission::{Refusal, TraceSink};
use spangraph_serving::listener::Listener;
use spangraph_serving::receiver_metrics::{AnswerCode, Transport};
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::{Code, Status};
use tower_service::Service;

use super::message::{MessageLimits, read_message};
use crate::receivers::answers::{Rejection, code_name, export_answer};
use crate::receivers::decompression::Encoding;
use crate::receivers::intake::{Intake, NO_METRICS_HEADER, Origin, Unpacked};
use crate::receivers::packing::Packing;

const EXPORT_PATH: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const GRPC_CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/grpc");
const ACCEPTED_ENCODINGS: HeaderValue = HeaderValue::from_static("gzip,zstd,identity");

/// OTLP's `TraceService`, whose only method is `Export`; answers for all other paths too. Clones share everything.
#[derive(Debug)]
pub(super) struct TraceService<S>(Arc<Export<S>>);

/// The name under which tonic routes to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct TraceServiceName;

#[derive(Debug)]
struct Export<S> {
    intake: Intake<S>,
    limits: MessageLimits,
    stopping: CancellationToken,
}

/// How the messages of a gRPC request are written.
enum MessageFormat {
    Protobuf,
    /// As this content type says.
    Other(String),
}

impl<S: TraceSink> TraceService<S> {
    /// Hands messages within `limits` to `intake`; refuses all once `stopping`.
    pub fn new(intake: Intake<S>, limits: MessageLimits, stopping: CancellationToken) -> Self {
        Self(Arc::new(Export {
            intake,
            limits,
            stopping,
        }))
    }
}

impl<S> Clone for TraceService<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl NamedService for TraceServiceName {
    const NAME: &'static str = "opentelemetry.proto.collector.trace.v1.TraceService";
}

impl<S> NamedService for TraceService<S> {
    const NAME: &'static str = TraceServiceName::NAME;
}

impl<S, B> Service<Request<B>> for TraceService<S>
where
    S: TraceSink,
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Error,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let export = Arc::clone(&self.0);
        Box::pin(async move { Ok(export.answer(request).await) })
    }
}

impl<S: TraceSink> Export<S> {
    /// The answer to `request`, whatever it is.
    async fn answer<B>(&self, request: Request<B>) -> Response<Body>
    where
        B: HttpBody<Data = Bytes> + Unpin,
        B::Error: Error,
    {
        let Some(format) = MessageFormat::of(&request) else {
            return unsupported(&request);
        };
        let metrics = self.intake.metrics();
        let under_way = metrics.begin(Transport::Grpc);
        let outcome = match format {
            MessageFormat::Protobuf => self.export(request).await,
            MessageFormat::Other(name) => Err(Rejection::UnsupportedMessageFormat(name)),
        };
        if let Some(reason) = outcome.as_ref().err().and_then(Rejection::reason) {
            metrics.count_refused(Transport::Grpc, reason);
        }
        let code = outcome.as_ref().err().map_or(Code::Ok, Rejection::grpc_code);
        metrics.count_answer(
            Transport::Grpc,
            AnswerCode::Grpc(code_name(code)),
            under_way.end(),
        );
        match outcome {
            Ok(message) => success(&message),
            Err(rejection) => failure(&rejection),
        }
    }

    async fn export<B>(&self, request: Request<B>) -> Result<Bytes, Rejection>
    where
        B: HttpBody<Data = Bytes> + Unpin,
        B::Error: Error,
    {
        let (head, body) = request.into_parts();
        let (origin, encoding) = self.read_head(head)?;
        let room = self.intake.admit()?;
        let charge = |certain| self.intake.charge(&origin, certain);
        let (message, charge) = read_message(body, encoding, self.limits, room, charge).await?;
        let packing = Packing {
            encoding: message.encoding,
            is_json: false,
        };
        let as_received = self.intake.keep(&message.body, packing);
        let unpacked = self
            .intake
            .unpack(message.body, packing, self.limits.max_bytes, charge);
        let (body, charge) = unpacked.await?;
        let unpacked = Unpacked { body, as_received };
        let accepted = self.intake.export(Transport::Grpc, origin, unpacked, charge);
        let accepted = accepted.await?;
        Ok(export_answer(accepted).to_protobuf())
    }

    /// Whose message comes, and how it may be compressed. The head is gone then: a sender may have put much into it that
    /// no gate counts, and wait with its message.
    fn read_head(&self, head: Parts) -> Result<(Origin, Encoding), Rejection> {
        if head.uri.path() != EXPORT_PATH {
            return Err(Rejection::UnknownPath(head.uri.path().to_owned()));
        }
        if self.stopping.is_cancelled() {
            return Err(Refusal::ShuttingDown.into());
        }
        let encoding = head.headers.get("grpc-encoding");
        let encoding = Encoding::parse(encoding.map_or(b"", HeaderValue::as_bytes))?;
        Ok((self.origin(&head.headers)?, encoding))
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

impl MessageFormat {
    /// What the content type of `request` says of its messages; `None` when it is no gRPC.
    fn of<B>(request: &Request<B>) -> Option<Self> {
        let content_type = request.headers().get(http::header::CONTENT_TYPE)?.to_str().ok()?;
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        let media_type = media_type.to_ascii_lowercase();
        let format = media_type.strip_prefix("application/grpc")?;
        match format {
            _ if request.method() != Method::POST => None,
            "" | "+proto" => Some(Self::Protobuf),
            _ => format.starts_with('+').then_some(Self::Other(media_type)),
        }
    }
}

/// Answers what is no gRPC at all, as gRPC over HTTP/2 asks for.
fn unsupported<B>(request: &Request<B>) -> Response<Body> {
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
