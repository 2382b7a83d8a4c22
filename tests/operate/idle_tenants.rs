//! Tenants that send nothing any more leave nothing behind, and come back as new.

use std::time::Duration;

use serde_json::json;

use crate::harness::otlp::{ALL_ACCEPTED, HttpSender, Sender};
use crate::harness::spans::pair;
use crate::harness::until::check;
use crate::harness::{RemoteWriteReceiver, Server, ServerConfig, until};

const TIME: Duration = Duration::from_secs(30);

fn edges_of(server: &Server, tenant: &str) -> f64 {
    server
        .own_metrics()
        .sum("spangraph_edges_total", &[("tenant", tenant)])
}

fn until_edges(server: &Server, tenant: &str, edges: f64) {
    until("its edges are counted", TIME, || {
        let counted = edges_of(server, tenant);
        check(counted == edges, || format!("{counted} edges"))
    });
}

#[test]
fn an_idle_tenant_is_removed_with_its_metrics_and_comes_back() {
    let remote = RemoteWriteReceiver::start();
    let server = ServerConfig::new()
        .with(&json!({
            "multitenancy_enabled": true,
            "metrics_generator": { "registry": { "stale_duration": "4s" } },
        }))
        .remote_write(&remote.url())
        .start();
    let mut sender = HttpSender::new(&server.otlp_http());
    assert_eq!(sender.send_as(Some("leaver"), pair(1)), ALL_ACCEPTED);
    until_edges(&server, "leaver", 1.0);
    until("the idle tenant is gone", TIME, || {
        let metrics = server.text("/metrics", "text/plain");
        let line = metrics.lines().find(|line| line.contains("leaver"));
        check(line.is_none(), || line.unwrap_or_default().to_owned())
    });
    assert!(!server.text("/status", "*/*").contains("tenant leaver"));
    let ended = remote
        .samples()
        .into_values()
        .filter(|samples| samples.last().is_some_and(|last| last.value.is_nan()));
    assert!(ended.count() > 0, "its series ended before it went");
    sender.send_as(Some("leaver"), pair(2));
    until_edges(&server, "leaver", 1.0);
}
