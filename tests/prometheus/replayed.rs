//! What an earlier process answered long ago comes to the store as if it had been processed then.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message as _;
use serde_json::json;
use spangraph_storage::disk::SystemDisk;
use spangraph_storage::span_log::{Request, SpanLog, SpanLogLimits};

use crate::harness::prometheus::Prometheus;
use crate::harness::spans::{SpanExt, of_service, request, span};
use crate::harness::until::check;
use crate::harness::{ServerConfig, until};

/// How much of the past is in the log, in seconds, and how long ago it ends.
const LOGGED: i64 = 20 * 60;
const ENDED: i64 = 60;

const CALLS: &str = "traces_service_graph_request_total";

/// Four calls from `shop` to `cart`, `ago` milliseconds ago.
fn calls(first: u64, ago: i64) -> ExportTraceServiceRequest {
    let traces = first..first + 4;
    let clients = traces
        .clone()
        .map(|trace| span(trace, 1, SpanKind::Client).started(-ago));
    let servers = traces.map(|trace| span(trace, 2, SpanKind::Server).parent(1).started(-ago));
    request(vec![
        of_service("shop", clients.collect()),
        of_service("cart", servers.collect()),
    ])
}

/// What a server leaves that took four calls a second and never made an epoch.
fn leave_a_log(folder: &Path) {
    let limits = SpanLogLimits {
        segment_bytes: 1 << 20,
        most_bytes: 1 << 30,
        kept_free_bytes: 0,
        kept_milliseconds: 0,
        writes_through: false,
    };
    let mut log = SpanLog::open(Arc::new(SystemDisk), &folder.join("log"), limits).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = i64::try_from(now.as_millis()).unwrap();
    for (second, first) in (0..LOGGED).zip((1..).step_by(4)) {
        let ago = (LOGGED + ENDED - second) * 1_000;
        let request = Request {
            tenant: "single-tenant",
            stamp_unix_milliseconds: now - ago,
            encoding: 0,
            body: &calls(first, ago + 500).encode_to_vec(),
        };
        log.append(&request).unwrap();
    }
    log.sync().unwrap();
}

/// The values of a range query's only series.
fn values(store: &Prometheus, query: &str) -> Vec<(f64, f64)> {
    let series = store.query(query);
    let values = series.first().and_then(|series| series["values"].as_array());
    let pair = |pair: &serde_json::Value| {
        (
            pair[0].as_f64().unwrap(),
            pair[1].as_str().unwrap().parse().unwrap(),
        )
    };
    values.map_or_else(Vec::new, |values| values.iter().map(pair).collect())
}

#[test]
fn a_rate_over_replayed_time_has_neither_gap_nor_spike() {
    let folder = tempfile::tempdir().unwrap();
    leave_a_log(folder.path());
    let store = Prometheus::start();
    let server = ServerConfig::new()
        .remote_write(&store.write_url())
        .with(&json!({
            "metrics_generator": { "registry": { "collection_interval": "15s" } },
            "spangraph": { "durability": { "mode": "log", "path": folder.path() } },
        }))
        .start();
    let replayed = server
        .own_metrics()
        .sum("spangraph_span_log_requests_replayed_total", &[]);
    assert_eq!(replayed, 1_200.0);
    let all = f64::from(4 * 1_200);
    until("the store has all calls", Duration::from_secs(60), || {
        let last = values(&store, &format!("{CALLS}[1h]")).last().copied();
        check(last.is_some_and(|(_, last)| last == all), || format!("{last:?}"))
    });
    let samples = values(&store, &format!("{CALLS}[1h]"));
    for pair in samples.windows(2) {
        let ((before, low), (after, high)) = (pair[0], pair[1]);
        assert!(low <= high, "it never falls: {samples:?}");
        if high < all {
            assert!(after - before <= 15.1, "no sample is missing: {samples:?}");
        }
    }
    let inner = format!("rate({CALLS}[1m])[18m:15s] @ {}", last_logged_second() - 30);
    let rates = values(&store, &inner);
    assert!(rates.len() >= 68, "{rates:?}");
    for (at, rate) in rates {
        assert!((3.7..=4.3).contains(&rate), "{rate} calls a second at {at}");
    }
}

fn last_logged_second() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_secs()).unwrap() - ENDED
}
