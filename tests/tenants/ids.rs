//! What is a tenant's id and what is not, by every way in and on every page; the rules are Tempo's (dskit's).

use std::io::{Read, Write};
use std::net::TcpStream;

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use prost::Message as _;
use serde_json::json;
use tonic::Code;
use tonic::metadata::AsciiMetadataValue;

use super::with_tenants;
use crate::harness::Server;
use crate::harness::spans::pair;

/// What is said of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Taken,
    /// As good as none.
    Missing,
    Malformed,
}

use Verdict::{Malformed, Missing, Taken};

fn ids() -> Vec<(Vec<u8>, Verdict)> {
    let plain = [
        ("", Missing),
        ("a", Taken),
        ("team-a", Taken),
        ("A!-_.*'()9", Taken),
        ("...", Taken),
        ("*", Taken),
        (".", Malformed),
        ("..", Malformed),
        ("../x", Malformed),
        ("a/b", Malformed),
        ("a\\b", Malformed),
        ("a|b", Malformed),
        ("a,b", Malformed),
        ("a b", Malformed),
        ("a:b", Malformed),
        ("a%2Fb", Malformed),
        ("%2e%2e", Malformed),
        ("caf\u{e9}", Malformed),
        ("\u{202e}a", Malformed),
    ];
    let long = |bytes: usize| "x".repeat(bytes).into_bytes();
    let plain = plain.map(|(id, verdict)| (id.as_bytes().to_vec(), verdict));
    let odd = [
        (long(150), Taken),
        (long(151), Malformed),
        (long(5_000), Malformed),
        (vec![b'a', 0xff], Malformed),
    ];
    plain.into_iter().chain(odd).collect()
}

fn server() -> Server {
    with_tenants(&json!({})).start()
}

/// Sends `head` lines and `body` as they are, and gives back the status; nothing tidies them up.
fn raw(port: u16, head: &[&[u8]], body: &[u8]) -> u16 {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let length = format!(
        "Host: localhost\r\nConnection: close\r\nContent-Length: {}",
        body.len()
    );
    let mut request = head.join(&b"\r\n"[..]);
    for part in [b"\r\n", length.as_bytes(), b"\r\n\r\n", body] {
        request.extend_from_slice(part);
    }
    stream.write_all(&request).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    status.unwrap_or_else(|| panic!("no answer: {answer:?}"))
}

fn post(server: &Server, tenants: &[&[u8]]) -> u16 {
    let headers: Vec<_> = tenants
        .iter()
        .map(|id| [&b"X-Scope-OrgID: "[..], id].concat())
        .collect();
    let mut head: Vec<&[u8]> = vec![
        b"POST /v1/traces HTTP/1.1",
        b"Content-Type: application/x-protobuf",
    ];
    head.extend(headers.iter().map(Vec::as_slice));
    raw(server.ports.http, &head, &pair(1).encode_to_vec())
}

#[test]
fn ids_over_http() {
    let server = server();
    for (id, verdict) in ids() {
        let expected = match verdict {
            Taken => 200,
            Missing => 401,
            Malformed => 400,
        };
        assert_eq!(post(&server, &[&id]), expected, "{}", id.escape_ascii());
    }
    assert_eq!(post(&server, &[]), 401);
    assert_eq!(post(&server, &[b"a", b"b"]), 400, "whose is it?");
    assert_eq!(
        post(&server, &[b"  a\t"]),
        200,
        "space around a header is no part of it"
    );
    assert_eq!(post(&server, &[b"a\0b"]), 400);
    assert_tenants_are_those_taken(&server);
}

#[test]
fn ids_over_grpc() {
    let server = server();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let connecting = TraceServiceClient::connect(server.otlp_grpc());
    let mut client = runtime.block_on(connecting).unwrap();
    let mut send = |tenants: &[&[u8]]| {
        let mut request = tonic::Request::new(pair(1));
        for id in tenants {
            let value = AsciiMetadataValue::try_from(*id).unwrap();
            request.metadata_mut().append("x-scope-orgid", value);
        }
        let answer = runtime.block_on(client.export(request));
        answer.err().map_or(Code::Ok, |status| status.code())
    };
    for (id, verdict) in ids() {
        let expected = match verdict {
            Taken => Code::Ok,
            Missing => Code::Unauthenticated,
            Malformed => Code::InvalidArgument,
        };
        assert_eq!(send(&[&id]), expected, "{}", id.escape_ascii());
    }
    assert_eq!(send(&[]), Code::Unauthenticated);
    assert_eq!(send(&[b"a", b"b"]), Code::InvalidArgument, "whose is it?");
    assert_tenants_are_those_taken(&server);
}

fn assert_tenants_are_those_taken(server: &Server) {
    let spans = server
        .own_metrics()
        .sum_by_label("spangraph_spans_received_total", "tenant");
    let taken = ids().into_iter().filter(|(_, verdict)| *verdict == Taken);
    let mut taken: Vec<_> = taken.map(|(id, _)| String::from_utf8(id).unwrap()).collect();
    taken.sort();
    assert_eq!(spans.keys().collect::<Vec<_>>(), taken.iter().collect::<Vec<_>>());
}

/// As a browser encodes what is no letter or digit.
fn encoded(id: &[u8]) -> String {
    id.iter().map(|byte| format!("%{byte:02X}")).collect()
}

/// A server that has one tenant.
fn with_first() -> Server {
    let server = server();
    assert_eq!(post(&server, &[b"first"]), 200);
    server
}

/// The status of a page, asked with these header lines.
fn get(server: &Server, path: &str, headers: &[&[u8]]) -> u16 {
    let line = format!("GET {path} HTTP/1.1");
    let head: Vec<&[u8]> = std::iter::once(line.as_bytes())
        .chain(headers.iter().copied())
        .collect();
    raw(server.ports.pages, &head, b"")
}

/// For a tenant who has sent no spans: an id that could be someone's is told from one that could not.
fn of_nobody(verdict: Verdict) -> u16 {
    if verdict == Taken { 404 } else { 400 }
}

#[test]
fn ids_in_paths() {
    let server = with_first();
    let get = |path: &str| get(&server, path, &[]);
    for (id, verdict) in ids().into_iter().filter(|(id, _)| !id.is_empty()) {
        let (told, text) = (id.escape_ascii(), encoded(&id));
        let expected = of_nobody(verdict);
        assert_eq!(get(&format!("/api/v1/tenants/{text}")), expected, "{told}");
        assert_eq!(get(&format!("/tenants/{text}")), expected, "{told}");
    }
    for path in [
        "/api/v1/tenants/.",
        "/api/v1/tenants/..",
        "/tenants/%00",
        "/api/v1/graph?tenant=%00",
    ] {
        assert_eq!(get(path), 400, "{path}");
    }
    assert_eq!(get("/api/v1/tenants/first"), 200);
}

#[test]
fn ids_in_queries_and_headers() {
    let server = with_first();
    for (id, verdict) in ids() {
        let (told, text) = (id.escape_ascii(), encoded(&id));
        let header = [&b"X-Scope-OrgID: "[..], &id].concat();
        for (page, expected) in pages(&id, verdict) {
            // Forms send an empty value where nothing is chosen.
            if !id.is_empty() {
                let by_query = get(&server, &format!("{page}?tenant={text}"), &[]);
                assert_eq!(by_query, expected, "{page} of {told}");
            }
            let by_header = get(&server, page, &[&header]);
            // Only in a query this id stands for all tenants.
            let stands_for_all = id == b"*" && page == "/metrics/generated";
            let expected = if stands_for_all { 404 } else { expected };
            assert_eq!(by_header, expected, "{page} with the header {told}");
        }
    }
}

/// The pages of a tenant, and what they answer for the id of nobody.
fn pages(id: &[u8], verdict: Verdict) -> [(&'static str, u16); 5] {
    let expected = of_nobody(verdict);
    // These show nothing for a tenant that has sent nothing.
    let empty = if verdict == Taken { 200 } else { 400 };
    // This id stands for all tenants there.
    let scraped = if id == b"*" { 200 } else { expected };
    [
        ("/api/v1/graph", expected),
        ("/graph", expected),
        ("/api/v1/pairing", empty),
        ("/pairing", empty),
        ("/metrics/generated", scraped),
    ]
}
