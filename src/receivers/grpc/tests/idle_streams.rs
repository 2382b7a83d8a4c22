//! Streams on which nothing comes: what they take is counted, and they keep nobody out once they are gone.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;
use http_body_util::StreamBody;
use hyper::body::Frame;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use spangraph_actors::admission::OPEN_REQUEST_BYTES;

use super::*;

/// As many as may linger.
const STREAMS: usize = 20;

/// A body of which nothing ever comes.
type Nothing = StreamBody<stream::Pending<Result<Frame<Bytes>, Infallible>>>;

async fn connect(receiver: &GrpcReceiver) -> http2::SendRequest<Nothing> {
    let stream = tokio::net::TcpStream::connect(receiver.local_address())
        .await
        .unwrap();
    let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    sender
}

/// A request of whose body nothing comes, and of which the server is told.
fn open(sender: &mut http2::SendRequest<Nothing>) -> tokio::task::JoinHandle<()> {
    let request = http::Request::post("/opentelemetry.proto.collector.trace.v1.TraceService/Export")
        .header("content-type", "application/grpc")
        .header("x-scope-orgid", "one")
        .body(StreamBody::new(stream::pending()));
    let answer = sender.send_request(request.unwrap());
    tokio::spawn(async { drop(answer.await) })
}

#[tokio::test]
async fn they_take_an_eighth_of_the_gate_and_keep_nobody_out_who_sends() {
    let sink = RecordingSink::admitting(8 * STREAMS * OPEN_REQUEST_BYTES);
    let receiver = start(&settings(), &sink);
    let mut sender = connect(&receiver).await;
    let waiting: Vec<_> = (0..STREAMS + 5).map(|_| open(&mut sender)).collect();
    // After a second as many linger as may, and the others are refused.
    while sink.level().bytes < STREAMS * OPEN_REQUEST_BYTES || sink.level().requests > STREAMS {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut client = client(&receiver).await;
    client.export(of_tenant(spans("a"), &["one"])).await.unwrap();
    waiting.iter().for_each(tokio::task::JoinHandle::abort);
    while sink.level().requests > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(sink.level().bytes, 0);
}
