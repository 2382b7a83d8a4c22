//! A stop in order and a start with durable state: a real store sees neither a gap nor a reset.

use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::otlp::{GrpcSender, Sender};
use crate::harness::prometheus::Prometheus;
use crate::harness::spans::pair;
use crate::harness::until::check;
use crate::harness::{Server, ServerConfig, until};

const CALLS: &str = "traces_service_graph_request_total";

fn server(store: &Prometheus, state: &Path) -> Server {
    let settings = json!({
        "metrics_generator": { "registry": { "collection_interval": "1s" } },
        "spangraph": { "durability": { "path": state }, "instance_label": { "enabled": false } },
    });
    let config = ServerConfig::new().remote_write(&store.write_url());
    config.with(&settings).start()
}

fn send(server: &Server, traces: RangeInclusive<u64>) {
    let mut sender = GrpcSender::connect(&server.otlp_grpc());
    traces.for_each(|trace| sender.deliver(pair(trace)));
}

/// What `query` is now, of the only series that it has.
fn number(store: &Prometheus, query: &str) -> Option<f64> {
    let result = store.query(query);
    result.first()?["value"][1].as_str()?.parse().ok()
}

fn wait_for(store: &Prometheus, calls: f64) {
    until("the store has all calls", Duration::from_secs(30), || {
        let found = number(store, CALLS);
        check(found == Some(calls), || format!("{found:?}"))
    });
}

/// The seconds at which an instant query found the counter in the last five minutes.
fn seconds_with_value(store: &Prometheus) -> Vec<i64> {
    let series = store.query(&format!("{CALLS}[5m:1s]"));
    let values = series[0]["values"].as_array().expect("a matrix");
    let second = |pair: &Value| pair[0].as_i64().expect("whole seconds");
    values.iter().map(second).collect()
}

#[test]
fn a_stop_in_order_and_a_start_leave_no_gap_and_no_reset() {
    let (folder, store) = (tempfile::tempdir().unwrap(), Prometheus::start());
    let mut first = server(&store, folder.path());
    send(&first, 1..=100);
    wait_for(&store, 100.0);
    assert_eq!(first.stop().code(), Some(0), "{}", first.process.log());
    let second = server(&store, folder.path());
    let kept = second.generated().sum(CALLS, &[]);
    assert_eq!(kept, 100.0, "the graph is there before anything is sent");
    send(&second, 101..=110);
    wait_for(&store, 110.0);
    assert_eq!(number(&store, &format!("resets({CALLS}[5m])")), Some(0.0));
    let increase = format!("max_over_time({CALLS}[5m]) - min_over_time({CALLS}[5m])");
    assert_eq!(number(&store, &increase), Some(110.0), "it begins at 0 once");
    let seconds = seconds_with_value(&store);
    assert!(seconds.windows(2).all(|two| two[1] == two[0] + 1), "{seconds:?}");
}
