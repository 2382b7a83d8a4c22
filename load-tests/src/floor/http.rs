//! A floor receiver with hyper's HTTP/1.1, for OTLP over HTTP.

use std::convert::Infallible;

use anyhow::Context as _;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::consume::FloorMode;

pub(super) async fn serve(listener: TcpListener, mode: FloorMode) -> anyhow::Result<()> {
    loop {
        let (stream, _) = listener.accept().await.context("cannot accept a connection")?;
        stream.set_nodelay(true)?;
        let service =
            service_fn(move |request| async move { Ok::<_, Infallible>(answer(request, mode).await) });
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        // A connection that breaks is its sender's business.
        tokio::spawn(async move { drop(connection.await) });
    }
}

/// An empty message is a full success.
async fn answer(request: Request<Incoming>, mode: FloorMode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    let protobuf = HeaderValue::from_static("application/x-protobuf");
    response.headers_mut().insert(CONTENT_TYPE, protobuf);
    let body = request.into_body().collect().await;
    let is_done = body.is_ok_and(|body| mode.consume(&body.to_bytes()).is_ok());
    if !is_done {
        *response.status_mut() = StatusCode::BAD_REQUEST;
    }
    response
}
