//! A floor receiver with tonic's server, set up as the server under test is.

use std::convert::Infallible;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use tokio::net::TcpListener;
use tonic::Status;
use tonic::body::Body;
use tonic::codec::CompressionEncoding;
use tonic::codegen::{BoxFuture, Service};
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use super::consume::FloorMode;
use crate::drive::BytesCodec;

/// What one stream and all streams of a connection may send ahead, as in the server under test.
pub(super) const STREAM_WINDOW: u32 = 1024 * 1024;
pub(super) const CONNECTION_WINDOW: u32 = 4 * 1024 * 1024;
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// `TraceService`, whose only method takes encoded requests.
#[derive(Clone, Copy)]
struct TraceService(FloorMode);

impl NamedService for TraceService {
    const NAME: &'static str = "opentelemetry.proto.collector.trace.v1.TraceService";
}

pub(super) async fn serve(listener: TcpListener, mode: FloorMode) -> anyhow::Result<()> {
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    Server::builder()
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .add_service(TraceService(mode))
        .serve_with_incoming(incoming)
        .await?;
    Ok(())
}

impl Service<Request<Body>> for TraceService {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let service = *self;
        let mut grpc = Grpc::new(BytesCodec)
            .accept_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Zstd)
            .max_decoding_message_size(MOST_BYTES);
        Box::pin(async move { Ok(grpc.unary(service, request).await) })
    }
}

impl UnaryService<Bytes> for TraceService {
    type Response = Bytes;
    type Future = std::future::Ready<Result<tonic::Response<Bytes>, Status>>;

    fn call(&mut self, request: tonic::Request<Bytes>) -> Self::Future {
        let outcome = self.0.consume(request.get_ref());
        // An empty message is a full success.
        std::future::ready(
            outcome
                .map(|_| tonic::Response::new(Bytes::new()))
                .map_err(Status::invalid_argument),
        )
    }
}
