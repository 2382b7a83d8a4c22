//! What a connection is told in its own protocol before it is closed.

use std::convert::Infallible;
use std::future::ready;
use std::pin::pin;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy, sink};
use tokio::time::{sleep, timeout};
use tonic::body::Body;
use tonic::{Code, Status};

use super::Spoken;

/// How long a client may take to read its answer.
const ANSWER_TIME: Duration = Duration::from_secs(2);

/// What is read of a request that is not looked at: were it left unread, the kernel would reset the connection, and the
/// answer with it.
const UNREAD_BYTES: u64 = 1024 * 1024;

/// Says `told` over `stream` in the words of `spoken`, and closes it.
pub(super) async fn turn_away<T>(stream: T, spoken: Spoken, told: &str)
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    match spoken {
        // Clients of TLS show plain HTTP for what it is, while alerts only say that something is wrong.
        Spoken::Http1 | Spoken::Tls => {
            let _ = timeout(ANSWER_TIME, say_by_http1(stream, told)).await;
        }
        Spoken::Http2 => say_by_http2(stream, told).await,
        Spoken::Unknown => {}
    }
}

async fn say_by_http1(mut stream: impl AsyncRead + AsyncWrite + Unpin, told: &str) {
    let length = told.len() + 1;
    let answer = format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{told}\n"
    );
    if stream.write_all(answer.as_bytes()).await.is_ok() && stream.shutdown().await.is_ok() {
        let _ = copy(&mut stream.take(UNREAD_BYTES), &mut sink()).await;
    }
}

/// Every request gets the answer, so that senders show it as the error of a call and not of a connection.
async fn say_by_http2(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, told: &str) {
    let service = service_fn(|request| ready(Ok::<_, Infallible>(answer(&request, told))));
    let protocol = http2::Builder::new(TokioExecutor::new());
    let mut connection = pin!(protocol.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        _ = connection.as_mut() => return,
        () = sleep(ANSWER_TIME) => connection.as_mut().graceful_shutdown(),
    }
    let _ = timeout(ANSWER_TIME, connection).await;
}

fn answer(request: &Request<Incoming>, told: &str) -> Response<Body> {
    let content_type = request.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    if content_type.is_some_and(|name| name.starts_with(b"application/grpc")) {
        return Status::new(Code::Unimplemented, told).into_http();
    }
    let mut response = Response::new(Body::new(Full::from(format!("{told}\n"))));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}
