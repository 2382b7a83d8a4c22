//! Readers of pages do not disturb the pipeline, however many they are and however slow.

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use reqwest::blocking::Client;

use crate::harness::otlp::{ALL_ACCEPTED, GrpcSender, Sender};
use crate::harness::spans::pair;
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
