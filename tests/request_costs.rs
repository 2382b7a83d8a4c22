//! Requests of full size that cost as much as they can: the running server takes them as it takes ordinary ones.

#[path = "../actors/tests/work_bounds/bombs.rs"]
mod bombs;
#[path = "../actors/tests/work_bounds/wire.rs"]
mod wire;

use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::StatusCode;
use reqwest::blocking::Client;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};
use serde_json::{Value, json};
use spangraph_load::process::Usage;

use self::bombs::{BOMBS, ordinary};
use super::harness::until::check;
use super::harness::{Server, ServerConfig, until};

const MIB: usize = 1 << 20;

/// What a bomb may cost more than an ordinary request of as many bytes.
const TIMES: f64 = 8.0;

const SLOW: Duration = Duration::from_secs(300);

/// When spans end.
fn now() -> u64 {
    super::harness::spans::nanoseconds_from_now(0)
}

/// A request of the bomb `name`, of about so many bytes.
fn bomb(name: &str, bytes: usize) -> Vec<u8> {
    let bomb = BOMBS.iter().find(|(known, _)| *known == name);
    let (_, write) = bomb.unwrap_or_else(|| panic!("no bomb is called {name:?}"));
    write(bytes)
}

struct Sender<'s> {
    server: &'s Server,
    client: Client,
}

impl<'s> Sender<'s> {
    fn to(server: &'s Server) -> Self {
        let client = Client::builder().timeout(SLOW).build().expect("client");
        Self { server, client }
    }

    fn post(&self, media_type: &str, encoding: &str, body: Vec<u8>) -> (StatusCode, String) {
        let url = format!("{}/v1/traces", self.server.otlp_http());
        let request = self.client.post(url).header(CONTENT_TYPE, media_type);
        let request = request.header(CONTENT_ENCODING, encoding).body(body);
        let answer = request.send().expect("the receiver answers");
        (answer.status(), answer.text().expect("an answer is text"))
    }

    /// Sends `request` in Zstandard and waits until all of it was applied; the CPU seconds that it took.
    fn deliver(&self, request: &[u8]) -> f64 {
        let packed = zstd::encode_all(request, 3).expect("memory takes all");
        let before = self.usage();
        let (status, answer) = self.post("application/x-protobuf", "zstd", packed);
        assert_eq!(status, StatusCode::OK, "{answer}");
        until("the request is applied", SLOW, || {
            let text = self.server.text("/api/v1/actors", "application/json");
            let report: Value = serde_json::from_str(&text).expect("a report is JSON");
            let waiting = &report["gate"]["requests"];
            check(waiting == 0, || format!("{waiting} requests at the gate"))
        });
        self.usage().since(&before).cpu_seconds()
    }

    fn usage(&self) -> Usage {
        Usage::of(self.server.process.id()).expect("the server runs")
    }
}

/// With all that a tenant can switch on.
fn server() -> Server {
    let everything = json!({
        "metrics_generator": {"processor": {
            "service_graphs": {"dimensions": ["zone"]},
            "span_metrics": {"dimensions": ["zone"], "enable_target_info": true},
        }},
        "overrides": {"defaults": {"metrics_generator": {
            "processors": ["service-graphs", "span-metrics", "host-info"],
            "max_active_series": 20_000,
        }}},
    });
    ServerConfig::new().with(&everything).start()
}

#[test]
fn the_worst_requests_take_little_more_time_and_memory_than_ordinary_ones() {
    const BYTES: usize = 24 * MIB;
    let server = server();
    let sender = Sender::to(&server);
    // The first one makes series and tables, and takes memory that all others find there.
    sender.deliver(&ordinary(BYTES));
    let usual = sender.deliver(&ordinary(BYTES));
    let usual_peak = sender.usage().peak_rss_bytes;
    for name in [
        "one span of long doubles",
        "long doubles of a resource, in each span's texts",
        "a long text",
        "a nested value of a span",
        "a million keys of a resource",
        "a long parent id between single attributes",
    ] {
        let took = sender.deliver(&bomb(name, BYTES));
        assert!(
            took <= usual * TIMES,
            "{name}: {took} s, an ordinary one {usual} s"
        );
    }
    let peak = sender.usage().peak_rss_bytes;
    assert!(
        peak <= usual_peak * 4,
        "{} MiB at most, with ordinary ones {} MiB",
        peak / MIB as u64,
        usual_peak / MIB as u64
    );
}

#[test]
fn long_texts_that_wait_hold_no_more_than_what_is_kept_of_them() {
    let server = server();
    let sender = Sender::to(&server);
    for _ in 0..6 {
        sender.deliver(&bomb("a long text", 60 * MIB));
    }
    let held = server.own_metrics().sum("spangraph_pending_text_bytes", &[]);
    assert!((1.0..100_000.0).contains(&held), "{held} bytes");
}

#[test]
fn bodies_of_very_many_parts_and_levels_are_taken_or_refused_in_words() {
    let server = server();
    let sender = Sender::to(&server);
    let empty = GzEncoder::new(Vec::new(), Compression::fast())
        .finish()
        .expect("memory");
    let answered = |media_type, encoding, body: Vec<u8>, status: StatusCode, words: &str| {
        let before = sender.usage();
        let answer = sender.post(media_type, encoding, body);
        assert_eq!(answer.0, status, "{}", answer.1);
        assert!(answer.1.contains(words), "{}", answer.1);
        let took = sender.usage().since(&before).cpu_seconds();
        assert!(took < 10.0, "{status} {words}: {took} s");
    };
    let protobuf = "application/x-protobuf";
    answered(protobuf, "gzip", empty.repeat(1_000_000), StatusCode::OK, "");
    let trailing = [empty, vec![0; 10 * MIB]].concat();
    answered(protobuf, "gzip", trailing, StatusCode::BAD_REQUEST, "gzip");
    let levels = 10_000;
    let nested = format!(
        r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"k","value":{}{{}}{}}}]}}}}]}}"#,
        r#"{"arrayValue":{"values":["#.repeat(levels),
        "]}}".repeat(levels),
    );
    answered(
        "application/json",
        "identity",
        nested.into_bytes(),
        StatusCode::OK,
        "",
    );
    assert_eq!(
        server.own_metrics().sum("spangraph_spans_received_total", &[]),
        0.0
    );
}
