//! Connections that speak another protocol than their listener: answered, counted, and told of in one line a minute.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use crate::harness::otlp::{Answer, GrpcSender, HttpSender, Sender};
use crate::harness::spans::{SpanExt, of_service, pair, request, span};
use crate::harness::until::{check, until};
use crate::harness::{Ports, Server, ServerConfig};

const GRPC: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
const TLS: &[u8] = b"\x16\x03\x01\0\x05\0\0\0\0\0";
const HTTP: &[u8] = b"POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";

/// Connections of each kind.
const TIMES: u8 = 20;

fn connect(port: u16, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let _ = stream.write_all(bytes);
    stream
}

/// What the server says to `bytes` before it closes; a connection that it resets has said it all.
fn answer_to(port: u16, bytes: &[u8]) -> String {
    let mut answer = Vec::new();
    let _ = connect(port, bytes).read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn mismatches(server: &Server, listener: &str, protocol: &str) -> f64 {
    let labels = [("listener", listener), ("protocol", protocol)];
    let metrics = server.own_metrics();
    metrics.sum("spangraph_listener_protocol_mismatches_total", &labels)
}

/// The lines that the server has logged so far.
fn logged(server: &Server) -> Vec<String> {
    let log = server.process.log();
    let lines = log
        .lines()
        .filter(|line| line.contains(" WARN ") || line.contains(" ERROR ") || line.contains(" INFO "));
    lines.map(str::to_owned).collect()
}

/// A call between two services that no other topology has.
fn call_of(topology: u64) -> ExportTraceServiceRequest {
    let client = span(topology, 1, SpanKind::Client);
    let server = span(topology, 2, SpanKind::Server).parent(1);
    request(vec![
        of_service(&format!("client-{topology}"), vec![client]),
        of_service(&format!("server-{topology}"), vec![server]),
    ])
}

/// What speaks to a listener in another protocol, and what is told of it.
struct Mismatch {
    listener: &'static str,
    protocol: &'static str,
    port: u16,
    bytes: &'static [u8],
    advice: String,
}

fn all_mismatches(ports: Ports) -> [Mismatch; 6] {
    let of = |listener, port, protocol, bytes, advice| Mismatch {
        listener,
        protocol,
        port,
        bytes,
        advice,
    };
    let to_grpc = || format!("send gRPC to port {}", ports.grpc);
    let to_http = format!("send OTLP over HTTP to port {}", ports.http);
    let no_tls = || "does not speak TLS".to_owned();
    [
        of("http", ports.http, "http2", GRPC, to_grpc()),
        of("http", ports.http, "tls", TLS, no_tls()),
        of("pages", ports.pages, "tls", TLS, no_tls()),
        of("pages", ports.pages, "http2", GRPC, to_grpc()),
        of("grpc", ports.grpc, "http1", HTTP, to_http),
        of("grpc", ports.grpc, "tls", TLS, no_tls()),
    ]
}

impl Mismatch {
    /// Connects several times, and waits until all of them are counted.
    fn happen(&self, server: &Server) {
        for _ in 0..TIMES {
            drop(connect(self.port, self.bytes));
        }
        let what = format!(
            "all connections to {} are counted as {}",
            self.listener, self.protocol
        );
        until(&what, Duration::from_secs(30), || {
            let counted = mismatches(server, self.listener, self.protocol);
            check(counted >= f64::from(TIMES), || counted.to_string())
        });
    }

    fn check_told_once(&self, logged: &[String]) {
        let marks = [
            format!("listener={}", self.listener),
            format!("protocol={}", self.protocol),
        ];
        let about = logged
            .iter()
            .filter(|line| marks.iter().all(|mark| line.contains(mark)));
        let [line] = about.collect::<Vec<_>>()[..] else {
            panic!("{marks:?} is not told of once: {logged:?}")
        };
        let port = format!("port={}", self.port);
        for told in [&self.advice, "peer=127.0.0.1:", &port] {
            assert!(line.contains(told), "{told}: {line}");
        }
    }
}

#[test]
fn each_listener_and_protocol_is_counted_and_told_of_once_with_the_port_to_use() {
    let server = ServerConfig::new().start();
    let before = logged(&server).len();
    let all = all_mismatches(server.ports);
    for mismatch in &all {
        mismatch.happen(&server);
        mismatch.check_told_once(&logged(&server));
    }
    let lines = logged(&server);
    assert_eq!(lines.len(), before + all.len(), "{lines:?}");
    GrpcSender::connect(&server.otlp_grpc()).deliver(pair(1));
    HttpSender::new(&server.otlp_http()).deliver(pair(2));
}

#[test]
fn senders_at_the_wrong_port_see_the_right_one_in_their_errors() {
    let server = ServerConfig::new().start();
    let answer = GrpcSender::connect(&server.otlp_http()).send(pair(1));
    let Answer::Refused(told) = answer else {
        panic!("{answer:?}")
    };
    let right = format!("send gRPC to port {}", server.ports.grpc);
    assert!(told.contains("mplemented") && told.contains(&right), "{told}");
    let told = answer_to(server.ports.grpc, HTTP);
    let right = format!("send OTLP over HTTP to port {}", server.ports.http);
    assert!(
        told.starts_with("HTTP/1.1 400 ") && told.contains(&right),
        "{told}"
    );
    let body = [
        b"POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n".to_vec(),
        vec![b'x'; 300_000],
    ];
    let told = answer_to(server.ports.grpc, &body.concat());
    assert!(
        told.contains(&right),
        "the answer outlives an unread body: {told:?}"
    );
}

#[test]
fn nothing_that_a_client_does_makes_a_library_log() {
    let server = ServerConfig::new().start();
    GrpcSender::connect(&server.otlp_grpc()).deliver(pair(1));
    let before = logged(&server);
    for topology in 10..13_u64 {
        HttpSender::new(&server.otlp_http()).deliver(call_of(topology));
        let path = format!("/graph?search=client-{topology}");
        until("the new topology is drawn", Duration::from_secs(30), || {
            let page = server.text(&path, "text/html");
            check(page.contains(&format!("server-{topology}")), || page.clone())
        });
    }
    let long = format!("GET /{} HTTP/1.1\r\n", "a".repeat(200_000));
    for port in [server.ports.http, server.ports.pages] {
        for request in [
            "GET / HTTP/9.9\r\n\r\n",
            "GET / HTTP/1.1\r\nbroken header\r\n\r\n",
            "POST /v1/traces HTTP/1.1\r\nhost: a\r\ncontent-length: x\r\n\r\n",
            "POST /v1/traces HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
            "POST /v1/traces HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nabc",
            &long,
        ] {
            let stream = connect(port, request.as_bytes());
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let _ = (&stream).read_to_end(&mut Vec::new());
        }
    }
    for frames in [
        &b"\0\0\0\x63\xff\xff\xff\xff\xff"[..],
        b"\0\0\x08\x06\x01\0\0\0\0abcdefgh",
        b"\xff\xff\xff\0\0\0\0\0\x01",
    ] {
        let stream = connect(server.ports.grpc, &[GRPC, frames].concat());
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = (&stream).read_to_end(&mut Vec::new());
    }
    assert_eq!(logged(&server), before);
}
