//! A floor receiver with hyper's HTTP/2 alone, set up as the server under test is.

use std::convert::Infallible;

use anyhow::Context as _;
use bytes::{Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;

use super::consume::FloorMode;
use super::tonic::{CONNECTION_WINDOW, STREAM_WINDOW};

/// The bytes before a gRPC message: a flag and its length.
const PREFIX_BYTES: usize = 5;

pub(super) async fn serve(listener: TcpListener, mode: FloorMode) -> anyhow::Result<()> {
    let mut protocol = http2::Builder::new(TokioExecutor::new());
    protocol
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW);
    loop {
        let (stream, _) = listener.accept().await.context("cannot accept a connection")?;
        stream.set_nodelay(true)?;
        let service =
            service_fn(move |request| async move { Ok::<_, Infallible>(answer(request, mode).await) });
        let connection = protocol.serve_connection(TokioIo::new(stream), service);
        // A connection that breaks is its sender's business.
        tokio::spawn(async move { drop(connection.await) });
    }
}

async fn answer(
    request: Request<Incoming>,
    mode: FloorMode,
) -> Response<impl Body<Data = Bytes, Error = Infallible>> {
    let is_done = consume(request.into_body(), mode).await.is_some();
    let status = HeaderValue::from_static(if is_done { "0" } else { "3" });
    let trailers = HeaderMap::from_iter([(http::HeaderName::from_static("grpc-status"), status)]);
    let empty_message = Bytes::from_static(&[0; PREFIX_BYTES]);
    let body = Full::new(empty_message).with_trailers(std::future::ready(Some(Ok(trailers))));
    let mut response = Response::new(body);
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}

/// Takes a message, which must not be compressed; none when it is malformed or the connection broke.
async fn consume(mut body: Incoming, mode: FloorMode) -> Option<()> {
    let mut message = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let chunk = frame.ok()?.into_data().unwrap_or_default();
        if mode != FloorMode::Drop {
            message.extend_from_slice(&chunk);
        }
    }
    if mode == FloorMode::Drop {
        return Some(());
    }
    mode.consume(message.get(PREFIX_BYTES..)?).ok().map(|_| ())
}
