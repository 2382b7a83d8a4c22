//! The check on real connections, and what they are told.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use prometheus_client::registry::Registry;
use spangraph_test_support::exposition::Scrape;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTINGS: &[u8] = b"\0\0\0\x04\0\0\0\0\0";

fn check(listener: Listener) -> (ProtocolCheck, ProtocolMismatches) {
    let mismatches = ProtocolMismatches::default();
    for (listener, port) in [
        (Listener::Grpc, 4317),
        (Listener::Http, 4318),
        (Listener::Pages, 3200),
    ] {
        mismatches.add_listener(listener, (Ipv4Addr::LOCALHOST, port).into(), false);
    }
    (ProtocolCheck::new(listener, mismatches.clone(), None), mismatches)
}

/// How many connections are counted, by listener and protocol.
type Counts = BTreeMap<[String; 2], f64>;

fn counted(mismatches: &ProtocolMismatches) -> Counts {
    let (mut registry, mut text) = (Registry::default(), String::new());
    mismatches.register(&mut registry);
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    let page = Scrape::parse(&text).unwrap();
    page.sum_by(
        "spangraph_listener_protocol_mismatches_total",
        ["listener", "protocol"],
    )
}

/// One connection to `listener` that speaks `protocol`.
fn one(listener: &str, protocol: &str) -> Counts {
    [([listener, protocol].map(str::to_owned), 1.0)].into()
}

async fn connected() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (client, listener.accept().await.unwrap().0)
}

/// Whether a client of `listener` that sends `bytes` gets through, what it is told, and what is counted.
async fn greeted(listener: Listener, bytes: &[u8]) -> (bool, String, Counts) {
    let (check, mismatches) = check(listener);
    let (mut client, server) = connected().await;
    client.write_all(bytes).await.unwrap();
    let checked = tokio::spawn(async move { check.of(server).await.is_some() });
    let mut told = Vec::new();
    // Bytes that nobody read make a reset of the end.
    let _ = client.read_to_end(&mut told).await;
    let told = String::from_utf8_lossy(&told).into_owned();
    (checked.await.unwrap(), told, counted(&mismatches))
}

#[tokio::test]
async fn what_a_listener_speaks_gets_through_untouched_and_uncounted() {
    for (listener, bytes) in [
        (Listener::Grpc, PREFACE),
        (Listener::Http, b"POST /v1/traces HTTP/1.1\r\n"),
        (Listener::Pages, b"GET / HTTP/1.1\r\n"),
        (Listener::Http, b"P"),
    ] {
        let (check, mismatches) = check(listener);
        let (mut client, server) = connected().await;
        client.write_all(bytes).await.unwrap();
        let mut stream = check.of(server).await.unwrap();
        let mut read = vec![0; bytes.len()];
        stream.read_exact(&mut read).await.unwrap();
        assert_eq!((read.as_slice(), counted(&mismatches)), (bytes, Counts::new()));
    }
}

#[tokio::test]
async fn http_and_tls_at_the_port_of_grpc_are_told_the_port_to_use() {
    let request = b"POST /v1/traces HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n";
    let (passed, told, count) = greeted(Listener::Grpc, request).await;
    assert!(!passed && told.starts_with("HTTP/1.1 400 "), "{told}");
    assert!(told.contains("send OTLP over HTTP to port 4318"), "{told}");
    assert_eq!(count, one("grpc", "http1"));
    let (passed, told, count) = greeted(Listener::Grpc, b"\x16\x03\x01\0\x05\0\0\0\0\0").await;
    assert!(!passed && told.contains("does not speak TLS"), "{told}");
    assert_eq!(count, one("grpc", "tls"));
}

#[tokio::test]
async fn what_nobody_speaks_is_closed_by_grpc_and_left_to_http() {
    let (passed, told, count) = greeted(Listener::Grpc, b"\0\x01\x02").await;
    assert_eq!((passed, told.as_str()), (false, ""));
    assert_eq!(count, one("grpc", "unknown"));
    let (passed, _, count) = greeted(Listener::Http, b"\0\x01\x02").await;
    assert_eq!((passed, count), (true, one("http", "unknown")));
}

#[tokio::test]
async fn grpc_at_the_port_of_http_is_answered_by_http2() {
    let (check, mismatches) = check(Listener::Http);
    let (mut client, server) = connected().await;
    client.write_all(&[PREFACE, SETTINGS].concat()).await.unwrap();
    let checked = tokio::spawn(async move { check.of(server).await.is_none() });
    let mut frame = [0; 9];
    client.read_exact(&mut frame).await.unwrap();
    assert_eq!(frame[3], 4, "the first frame is SETTINGS: {frame:?}");
    drop(client);
    assert!(checked.await.unwrap());
    assert_eq!(counted(&mismatches), one("http", "http2"));
}
