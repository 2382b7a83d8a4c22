//! The ready-made files of `config/` do what they say, each in the process that it is for.

use std::fs;
use std::time::Duration;

use serde_json::json;
use spangraph_test_support::exposition::Scrape;

use crate::harness::config::example_text;
use crate::harness::otlp::{ALL_ACCEPTED, GrpcSender, HttpSender, Sender};
use crate::harness::prometheus::Prometheus;
use crate::harness::spans::pair;
use crate::harness::until::check;
use crate::harness::{RemoteWriteReceiver, Server, ServerConfig, until};

const PATIENCE: Duration = Duration::from_secs(20);
const REQUESTS: &str = "traces_service_graph_request_total";
const EDGE: [(&str, &str); 2] = [("client", "shop"), ("server", "cart")];

/// Waits until the series of `tenant` at `path` have the edge of one pair.
fn wait_for_edge(server: &Server, path: &str) {
    until("the edge is generated", PATIENCE, || {
        let edges = Scrape::parse(&server.text(path, "text/plain"))
            .unwrap()
            .sum(REQUESTS, &EDGE);
        check(edges == 1.0, || format!("{edges} requests from shop to cart"))
    });
}

#[test]
fn the_minimal_and_the_full_file_make_service_graphs_to_scrape() {
    for name in ["minimal.yaml", "full.yaml"] {
        let server = ServerConfig::example(name).start();
        HttpSender::new(&server.otlp_http()).deliver(pair(1));
        wait_for_edge(&server, "/metrics/generated");
    }
}

#[test]
fn a_prometheus_with_the_ready_made_file_takes_series_and_scrapes_the_server() {
    let every_second = json!({ "metrics_generator": { "registry": { "collection_interval": "1s" } } });
    let config = ServerConfig::example("remote-write.yaml").with(&every_second);
    let scraped = format!("127.0.0.1:{}", config.ports.pages);
    let text = example_text("prometheus.yml");
    assert!(text.contains("127.0.0.1:3200") && text.contains("scrape_interval: 15s"));
    let text = text
        .replace("127.0.0.1:3200", &scraped)
        .replace("scrape_interval: 15s", "scrape_interval: 1s");
    let prometheus = Prometheus::start_with(&text);
    let server = config.remote_write(&prometheus.write_url()).start();
    GrpcSender::connect(&server.otlp_grpc()).deliver(pair(1));
    for query in [
        "traces_service_graph_request_total{client=\"shop\", server=\"cart\", source=\"spangraph\"} == 1",
        "up{job=\"spangraph\"} == 1",
        "spangraph_build_info{job=\"spangraph\", revision!=\"\"}",
        "spangraph_spans_received_total{tenant=\"single-tenant\"} == 2",
    ] {
        until("the query finds something", PATIENCE, || {
            check(!prometheus.query(query).is_empty(), || {
                format!("nothing for {query}")
            })
        });
    }
}

#[test]
fn the_scrape_that_the_prometheus_file_offers_keeps_the_series_own_labels() {
    let server = ServerConfig::example("minimal.yaml").start();
    let text = example_text("prometheus.yml")
        .replace("  # - job_name", "  - job_name")
        .replace("  #   ", "    ")
        .replace("127.0.0.1:3200", &format!("127.0.0.1:{}", server.ports.pages))
        .replace("scrape_interval: 15s", "scrape_interval: 1s");
    let prometheus = Prometheus::start_with(&text);
    HttpSender::new(&server.otlp_http()).deliver(pair(1));
    let query = "traces_service_graph_request_total{job=\"spangraph-generated\", client=\"shop\", server=\"cart\"} == 1";
    until("the series are scraped", PATIENCE, || {
        check(!prometheus.query(query).is_empty(), || prometheus.log())
    });
}

#[test]
fn tenants_of_the_ready_made_file_are_written_each_as_its_own() {
    let store = RemoteWriteReceiver::start();
    let config = ServerConfig::example("multi-tenant.yaml")
        .remote_write(&store.url())
        .with(&json!({
            "metrics_generator": { "registry": { "collection_interval": "1s" } },
        }));
    // It is found beside the file that names it.
    let overrides = "multi-tenant-overrides.yaml";
    fs::write(config.folder().join(overrides), example_text(overrides)).unwrap();
    let server = config.start();
    let mut sender = GrpcSender::connect(&server.otlp_grpc());
    for tenant in ["shop", "newcomer", "another"] {
        assert_eq!(sender.send_as(Some(tenant), pair(1)), ALL_ACCEPTED);
        wait_for_edge(&server, &format!("/metrics/generated?tenant={tenant}"));
    }
    assert_ne!(
        sender.send(pair(1)),
        ALL_ACCEPTED,
        "a request without a tenant is refused"
    );
    until("the store has the series of two tenants", PATIENCE, || {
        let samples = store.samples();
        let has = |tenant: &str| samples.keys().any(|(owner, _)| owner.as_deref() == Some(tenant));
        check(has("shop") && has("another"), || "they are not there".to_owned())
    });
    let of_newcomer = |(owner, _): &(Option<String>, _)| owner.as_deref() == Some("newcomer");
    assert!(!store.samples().keys().any(of_newcomer), "it is only counted");
}
