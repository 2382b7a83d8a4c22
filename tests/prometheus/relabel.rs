//! What `write_relabel_configs` rename and drop, as a real Prometheus has it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::otlp::{GrpcSender, Sender};
use crate::harness::prometheus::Prometheus;
use crate::harness::spans::pair;
use crate::harness::until::check;
use crate::harness::{Server, ServerConfig, until};

const PATIENCE: Duration = Duration::from_secs(20);

/// A server that writes all kinds of series to `prometheus`, renames calls and drops the clients' latencies.
fn relabelling_to(prometheus: &Prometheus) -> Server {
    let rules = json!([
        { "source_labels": ["__name__"], "regex": "traces_service_graph_request_client_.*", "action": "drop" },
        {
            "source_labels": ["__name__"], "regex": "traces_service_graph_request_(total|server_.*)",
            "target_label": "__name__", "replacement": "calls_$1",
        },
        { "source_labels": ["client", "server"], "separator": " -> ", "target_label": "edge" },
        { "source_labels": ["edge"], "target_label": "edge", "action": "uppercase" },
        { "regex": "__metrics_gen_.*", "action": "labeldrop" },
    ]);
    let endpoint = json!({
        "url": prometheus.write_url(), "send_exemplars": true, "write_relabel_configs": rules,
    });
    let settings = json!({
        "metrics_generator": { "storage": { "remote_write": [endpoint] } },
        "overrides": { "defaults": { "metrics_generator": { "generate_native_histograms": "both" } } },
    });
    ServerConfig::new().with(&settings).start()
}

/// Waits until `query` finds one series with this value.
fn wait_for_value(prometheus: &Prometheus, query: &str, value: &str) {
    until(&format!("{query} is {value}"), PATIENCE, || {
        let found = prometheus.query(query);
        let is_there = found.len() == 1 && found[0]["value"][1] == value;
        check(is_there, || format!("{found:?}"))
    });
}

#[test]
fn relabelled_series_arrive_renamed_and_dropped_ones_do_not() {
    let prometheus = Prometheus::start();
    let server = relabelling_to(&prometheus);
    GrpcSender::connect(&server.otlp_grpc()).deliver(pair(1));
    let counter = "calls_total{edge=\"SHOP -> CART\",client=\"shop\",__metrics_gen_instance=\"\"}";
    let native = "histogram_count(calls_server_seconds{edge=\"SHOP -> CART\"})";
    wait_for_value(&prometheus, counter, "1");
    // The seed has the new name too.
    wait_for_value(&prometheus, "min_over_time(calls_total[5m])", "0");
    wait_for_value(&prometheus, native, "1");
    until("exemplars have the new name", PATIENCE, || {
        let found = prometheus.exemplars("calls_server_seconds_bucket");
        check(!found.is_empty(), || "none".to_owned())
    });
    let names = prometheus.query("count by (__name__) ({__name__=~\".+\"})");
    let name_of = |series: &Value| series["metric"]["__name__"].as_str().map(str::to_owned);
    let names: Vec<_> = names.iter().filter_map(name_of).collect();
    assert!(names.iter().all(|name| name.starts_with("calls_")), "{names:?}");
    let own = server.own_metrics();
    assert!(own.sum("spangraph_remote_write_relabel_dropped_total", &[]) > 0.0);
    assert_eq!(own.sum("spangraph_remote_write_samples_failed_total", &[]), 0.0);
    assert_eq!(own.sum("spangraph_remote_write_samples_dropped_total", &[]), 0.0);
}
