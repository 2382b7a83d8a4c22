//! Readers of pages do not disturb the pipeline, however many they are and however slow.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use reqwest::blocking::Client;
use serde_json::json;

use crate::harness::otlp::{ALL_ACCEPTED, GrpcSender, Sender};
use crate::harness::spans::{SpanExt as _, of_service, pair, request, span};
use crate::harness::until::check;
use crate::harness::{Server, ServerConfig, until};

/// Readers that ask and never read the answer, or do not even finish asking.
const HANGING: usize = 1_000;
const PAGES: [&str; 6] = [
    "/",
    "/graph",
    "/pairing",
    "/actors",
    "/cardinality",
    "/api/v1/graph",
];

fn hang(server: &Server, number: usize) -> TcpStream {
    let mut reader = TcpStream::connect(("127.0.0.1", server.ports.pages)).unwrap();
    let page = PAGES[number % PAGES.len()];
    let end = if number.is_multiple_of(2) {
        "\r\n\r\n"
    } else {
        "\r\n"
    };
    write!(reader, "GET {page} HTTP/1.1\r\nHost: 127.0.0.1{end}").unwrap();
    reader
}

/// Messages that the aggregator handled, questions among them.
fn asked(server: &Server) -> f64 {
    server
        .own_metrics()
        .sum("spangraph_actor_messages_total", &[("actor", "aggregator")])
}

#[test]
fn a_thousand_readers_that_hang_hold_up_no_span() {
    let server = ServerConfig::new().start();
    let hanging: Vec<_> = (0..HANGING).map(|number| hang(&server, number)).collect();
    let mut sender = GrpcSender::connect(&server.otlp_grpc());
    for trace in 1..=200 {
        assert_eq!(sender.send(pair(trace)), ALL_ACCEPTED, "trace {trace}");
    }
    until("all edges are counted", Duration::from_secs(10), || {
        let edges = server.own_metrics().sum("spangraph_edges_total", &[]);
        check((edges - 200.0).abs() < f64::EPSILON, || format!("{edges} edges"))
    });
    assert!(server.text("/ready", "*/*").starts_with("ready"));
    drop(hanging);
}

#[test]
fn readers_at_the_same_time_share_their_questions() {
    let server = ServerConfig::new().start();
    GrpcSender::connect(&server.otlp_grpc()).deliver(pair(1));
    let (answers, before) = (AtomicUsize::new(0), asked(&server));
    let done = AtomicBool::new(false);
    let begun = std::time::Instant::now();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let client = Client::new();
                while !done.load(Ordering::Relaxed) {
                    let answer = client.get(server.page("/api/v1/graph")).send().unwrap();
                    assert_eq!(answer.status(), 200);
                    answers.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        until("there were many answers", Duration::from_secs(30), || {
            let answers = answers.load(Ordering::Relaxed);
            check(answers >= 400, || format!("{answers} answers"))
        });
        done.store(true, Ordering::Relaxed);
    });
    let seconds = begun.elapsed().as_secs_f64();
    let questions = asked(&server) - before;
    // One question a second, one for the first; the timer's collections and the sampler's questions come on top.
    assert!(
        questions <= 2.0 * seconds + 3.0,
        "{questions} messages in {seconds} s"
    );
}

/// More bytes than the kernel takes for a reader that does not read.
const LARGE_TEXT: usize = 16 * 1024 * 1024;

/// A server whose series make a text of at least [`LARGE_TEXT`] bytes.
fn server_with_large_text() -> Server {
    let processors =
        json!({ "overrides": { "defaults": { "metrics_generator": { "processors": ["span-metrics"] } } } });
    let dimensions =
        json!({ "metrics_generator": { "processor": { "span_metrics": { "dimensions": ["key"] } } } });
    let server = ServerConfig::new().with(&processors).with(&dimensions).start();
    let mut sender = GrpcSender::connect(&server.otlp_grpc());
    let value = "x".repeat(2_000);
    for batch in 0..2 {
        let spans = (0..250).map(|number| {
            let id = batch * 250 + number + 1;
            span(id, id, SpanKind::Server).attribute("key", &format!("{id}{value}"))
        });
        sender.deliver(request(vec![of_service("shop", spans.collect())]));
    }
    until("the text is large", Duration::from_secs(60), || {
        let length = server.text("/metrics/generated", "text/plain").len();
        check(length >= LARGE_TEXT, || format!("{length} bytes"))
    });
    server
}

/// A reader that has read the head of its answer, and nothing more.
fn reader_of_the_head(server: &Server) -> (TcpStream, String) {
    let mut reader = TcpStream::connect(("127.0.0.1", server.ports.pages)).unwrap();
    reader.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    write!(
        reader,
        "GET /metrics/generated HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    )
    .unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        reader.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    (reader, head)
}

#[test]
fn a_scraper_that_does_not_read_is_cut_off_and_one_that_reads_gets_all() {
    let server = server_with_large_text();
    let (mut reader, head) = reader_of_the_head(&server);
    assert!(head.starts_with("http/1.1 200"), "{head}");
    // So long a client may take nothing.
    thread::sleep(Duration::from_secs(34));
    let mut rest = Vec::new();
    let _ = reader.read_to_end(&mut rest);
    assert!(rest.len() < LARGE_TEXT, "{} bytes", rest.len());
    let whole = server.text("/metrics/generated", "text/plain");
    assert!(
        whole.len() >= LARGE_TEXT && whole.ends_with('\n'),
        "{} bytes",
        whole.len()
    );
}
