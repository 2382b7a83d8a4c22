//! The configuration that every case's own is laid on: that under which Tempo wrote the series, and nothing more.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::case::Case;
use crate::harness::config::merge;
use crate::harness::ports::free_port;
use crate::harness::server::Ports;

/// The whole configuration of `case` in Tempo's layout. An override file, if it has one, is written into `folder`.
pub fn configuration(case: &Case, ports: &Ports, folder: &Path, remote: &str) -> Value {
    let mut settings = base(ports, folder, remote);
    merge(&mut settings, &case.config);
    if let Some(tenants) = &case.tenants {
        let file = folder.join("overrides.yaml");
        fs::write(&file, overrides(tenants).to_string()).expect("overrides are written");
        let multi_tenant = json!({
            "multitenancy_enabled": true,
            "overrides": { "per_tenant_override_config": file },
        });
        merge(&mut settings, &multi_tenant);
    }
    settings
}

fn base(ports: &Ports, folder: &Path, remote: &str) -> Value {
    json!({
        "server": { "http_listen_port": ports.pages, "grpc_listen_port": free_port(), "log_level": "warn" },
        "distributor": { "receivers": { "otlp": { "protocols": {
            "grpc": { "endpoint": format!("127.0.0.1:{}", ports.grpc) },
        } } } },
        "metrics_generator": {
            "registry": { "collection_interval": "1s" },
            "processor": { "service_graphs": { "wait": "2s" } },
            "storage": {
                "path": folder.join("wal"),
                "remote_write": [{
                    "url": remote, "send_exemplars": true, "queue_config": { "batch_send_deadline": "500ms" },
                }],
            },
        },
        "overrides": { "defaults": { "metrics_generator": { "processors": ["service-graphs", "span-metrics"] } } },
    })
}

/// What each tenant overrides; Tempo's own limits on ingestion are out of the way of all.
fn overrides(tenants: &Value) -> Value {
    let no_limit = json!({ "ingestion": {
        "rate_limit_bytes": 100_000_000, "burst_size_bytes": 100_000_000, "max_traces_per_user": 100_000,
    } });
    let tenants = tenants.as_object().expect("tenants are a map").iter();
    let limited = tenants.map(|(tenant, own)| {
        let mut settings = no_limit.clone();
        merge(&mut settings, own);
        (tenant.clone(), settings)
    });
    json!({ "overrides": limited.collect::<serde_json::Map<_, _>>() })
}
