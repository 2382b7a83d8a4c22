//! What `write_relabel_configs` rename and drop, as a real Prometheus has it.

use std::time::Duration;

use serde_json::json;

use crate::harness::otlp::{GrpcSender, Sender};
use crate::harness::prometheus::Prometheus;
use crate::harness::spans::pair;
use crate::harness::until::check;
use crate::harness::{ServerConfig, until};

#[test]
fn relabelled_series_arrive_renamed_and_dropped_ones_do_not() {
    let prometheus = Prometheus::start();
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
    let server = ServerConfig::new()
        .with(&json!({
            "metrics_generator": { "storage": { "remote_write": [endpoint] } },
            "overrides": { "defaults": { "metrics_generator": { "generate_native_histograms": "both" } } },
        }))
        .start();
    GrpcSender::connect(&server.otlp_grpc()).deliver(pair(1));

    let only = "calls_total{edge=\"SHOP -> CART\",client=\"shop\",__metrics_gen_instance=\"\"}";
    until("the counter has its new name", Duration::from_secs(20), || {
        let found = prometheus.query(only);
        check(found.len() == 1 && found[0]["value"][1] == "1", || {
            format!("{found:?}")
        })
    });
    until("the seed has it too", Duration::from_secs(20), || {
        let found = prometheus.query("min_over_time(calls_total[5m])");
        check(found.len() == 1 && found[0]["value"][1] == "0", || {
            format!("{found:?}")
        })
    });
    until("so have native histograms", Duration::from_secs(20), || {
        let found = prometheus.query("histogram_count(calls_server_seconds{edge=\"SHOP -> CART\"})");
        check(found.len() == 1 && found[0]["value"][1] == "1", || {
            format!("{found:?}")
        })
    });
    until("and exemplars", Duration::from_secs(20), || {
        let found = prometheus.exemplars("calls_server_seconds_bucket");
        check(!found.is_empty(), || "none".to_owned())
    });
    let names = prometheus.query("count by (__name__) ({__name__=~\".+\"})");
    let names: Vec<_> = names
        .iter()
        .filter_map(|series| series["metric"]["__name__"].as_str())
        .collect();
    assert!(names.iter().all(|name| name.starts_with("calls_")), "{names:?}");
    let own = server.own_metrics();
    assert!(own.sum("spangraph_remote_write_relabel_dropped_total", &[]) > 0.0);
    assert_eq!(own.sum("spangraph_remote_write_samples_failed_total", &[]), 0.0);
    assert_eq!(own.sum("spangraph_remote_write_samples_dropped_total", &[]), 0.0);
}
