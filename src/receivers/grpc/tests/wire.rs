//! Requests that no well-behaved sender makes, frame by frame.

use crate::receivers::recording_sink::wide_gate;
use bytes::Bytes;
use http::{HeaderMap, Method};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::*;

const EXPORT: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

struct Answer {
    status: u16,
    headers: HeaderMap,
}

impl Answer {
    fn grpc_code(&self) -> Code {
        Code::from_bytes(self.headers["grpc-status"].as_bytes())
    }
}

fn post(path: &str) -> http::request::Builder {
    http::Request::post(path)
        .header("content-type", "application/grpc")
        .header("x-scope-orgid", "one")
}

fn framed(flag: u8, announced: usize, message: &[u8]) -> Bytes {
    let length = u32::try_from(announced).unwrap().to_be_bytes();
    [&[flag][..], &length, message].concat().into()
}

async fn send(receiver: &GrpcReceiver, request: http::request::Builder, body: Bytes) -> Answer {
    let stream = tokio::net::TcpStream::connect(receiver.local_address())
        .await
        .unwrap();
    let (mut sender, connection) =
        http2::handshake::<_, _, Full<Bytes>>(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
    tokio::spawn(connection);
    let response = sender
        .send_request(request.body(Full::new(body)).unwrap())
        .await
        .unwrap();
    let (head, body) = response.into_parts();
    let mut headers = head.headers;
    headers.extend(
        body.collect()
            .await
            .unwrap()
            .trailers()
            .cloned()
            .unwrap_or_default(),
    );
    Answer {
        status: head.status.as_u16(),
        headers,
    }
}

#[tokio::test]
async fn broken_frames_are_invalid_arguments() {
    let receiver = start(&settings(), &RecordingSink::default());
    let two_messages = [framed(0, 1, b"a"), framed(0, 1, b"b")].concat().into();
    for (what, encoding, body) in [
        ("nothing", "identity", Bytes::new()),
        ("half a prefix", "identity", Bytes::from_static(&[0, 0, 0])),
        ("less than announced", "identity", framed(0, 10, b"abc")),
        ("more than announced", "identity", framed(0, 1, b"abc")),
        ("two messages", "identity", two_messages),
        ("an unknown flag", "identity", framed(2, 3, b"abc")),
        ("compressed with nothing", "identity", framed(1, 3, b"abc")),
        ("no gzip", "gzip", framed(1, 3, b"abc")),
        ("no zstd", "zstd", framed(1, 3, b"abc")),
    ] {
        let answer = send(&receiver, post(EXPORT).header("grpc-encoding", encoding), body).await;
        assert_eq!(
            (answer.status, answer.grpc_code()),
            (200, Code::InvalidArgument),
            "{what}"
        );
    }
}

#[tokio::test]
async fn an_uncompressed_message_may_name_an_encoding() {
    let sink = RecordingSink::default();
    let receiver = start(&settings(), &sink);
    let answer = send(
        &receiver,
        post(EXPORT).header("grpc-encoding", "gzip"),
        framed(0, 3, b"abc"),
    )
    .await;
    assert_eq!(answer.grpc_code(), Code::Ok);
    assert_eq!(sink.requests()[0].spans, &b"abc"[..]);
}

#[tokio::test]
async fn an_announced_large_message_is_refused_before_it_comes() {
    let receiver = start(&settings(), &RecordingSink::default());
    let answer = send(&receiver, post(EXPORT), framed(0, (1 << 20) + 1, b"")).await;
    assert_eq!(answer.grpc_code(), Code::ResourceExhausted);
    assert!(!answer.headers.contains_key("grpc-status-details-bin"));
}

#[tokio::test]
async fn unknown_methods_and_encodings_are_unimplemented() {
    let receiver = start(&settings(), &RecordingSink::default());
    let answer = send(&receiver, post("/a.Service/Method"), framed(0, 0, b"")).await;
    assert_eq!(answer.grpc_code(), Code::Unimplemented);
    // What an AWS load balancer asks by default; it takes this code for healthy.
    let answer = send(&receiver, post("/AWS.ALB/healthcheck"), framed(0, 0, b"")).await;
    assert_eq!((answer.status, answer.grpc_code()), (200, Code::Unimplemented));
    assert_eq!(
        answer.headers["grpc-message"],
        "unknown%20path%20%22/AWS.ALB/healthcheck%22"
    );
    let answer = send(
        &receiver,
        post(EXPORT).header("grpc-encoding", "br"),
        framed(1, 0, b""),
    )
    .await;
    assert_eq!(answer.grpc_code(), Code::Unimplemented);
    assert_eq!(answer.headers["grpc-accept-encoding"], "gzip,zstd,identity");
}

#[tokio::test]
async fn what_is_no_grpc_gets_an_http_status() {
    let receiver = start(&settings(), &RecordingSink::default());
    let text = http::Request::post(EXPORT).header("content-type", "text/plain");
    assert_eq!(send(&receiver, text, Bytes::new()).await.status, 415);
    let get = http::Request::builder().method(Method::GET).uri(EXPORT);
    assert_eq!(send(&receiver, get, Bytes::new()).await.status, 405);
}

#[tokio::test]
async fn junk_ends_its_own_connection_only() {
    let sink = RecordingSink::default();
    let receiver = start(&settings(), &sink);
    let mut client = client(&receiver).await;
    let address = receiver.local_address();
    let junk = tokio::task::spawn_blocking(move || {
        for seed in 0_u8..20 {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
            let bytes: Vec<u8> = (0..500_u16)
                .map(|n| n.to_le_bytes()[0].wrapping_mul(31) ^ seed)
                .collect();
            let _ = stream.write_all(b"GET / HTTP/1.1\r\n\r\n");
            let _ = stream.write_all(&bytes);
            // Closed or reset by the receiver, not by our deadline.
            let outcome = stream.read_to_end(&mut Vec::new());
            assert!(!matches!(outcome, Err(error) if error.kind() == std::io::ErrorKind::WouldBlock));
        }
    });
    junk.await.unwrap();
    client.export(of_tenant(spans("a"), &["one"])).await.unwrap();
}

#[tokio::test]
async fn a_message_that_does_not_end_times_out() {
    let stalled = http_body_util::StreamBody::new(futures_util::stream::pending::<
        Result<hyper::body::Frame<Bytes>, std::convert::Infallible>,
    >());
    let limits = MessageLimits {
        max_bytes: 100,
        timeout: Duration::from_millis(50),
    };
    let outcome = message::read_message(
        stalled,
        crate::receivers::decompression::Encoding::Identity,
        limits,
        wide_gate().admit(0).unwrap(),
        |_| Ok(()),
    )
    .await;
    assert_eq!(outcome.unwrap_err().grpc_code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn only_the_content_types_of_protobuf_are_taken_and_others_are_told_what_is() {
    let receiver = start(&settings(), &RecordingSink::default());
    let request = |content_type: &str| {
        http::Request::post(EXPORT)
            .header("content-type", content_type)
            .header("x-scope-orgid", "one")
    };
    for taken in [
        "application/grpc",
        "application/grpc+proto",
        "Application/gRPC;charset=utf-8",
    ] {
        let answer = send(&receiver, request(taken), framed(0, 0, b"")).await;
        assert_eq!((answer.status, answer.grpc_code()), (200, Code::Ok), "{taken}");
    }
    for other in ["application/grpc+json", "application/grpc+thrift"] {
        let answer = send(&receiver, request(other), framed(0, 0, b"")).await;
        assert_eq!(
            (answer.status, answer.grpc_code()),
            (200, Code::Unimplemented),
            "{other}"
        );
        let told = String::from_utf8_lossy(answer.headers["grpc-message"].as_bytes()).into_owned();
        assert!(told.contains("application/grpc+proto"), "{told}");
    }
    for foreign in [
        "application/grpc-web",
        "application/grpc-web+proto",
        "application/grpcx",
        "application/json",
        "",
    ] {
        let answer = send(&receiver, request(foreign), framed(0, 0, b"")).await;
        assert_eq!(answer.status, 415, "{foreign}");
    }
}
