//! The configuration that tests start from, in Tempo's layout, and merging over it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::server::Ports;

/// Listeners on `ports`, collection each second, halves waiting two seconds, no remote.
pub fn base(ports: &Ports) -> Value {
    let mut settings = listeners(ports);
    let rest = json!({
        "metrics_generator": {
            "registry": { "collection_interval": "1s" },
            "processor": { "service_graphs": { "wait": "2s" } },
            "storage": { "remote_write_flush_deadline": "5s" },
        },
        "overrides": { "defaults": { "metrics_generator": { "processors": ["service-graphs"] } } },
    });
    merge(&mut settings, &rest);
    settings
}

/// The ready-made file `name` of `config/`, but listening on `ports`.
pub fn example(name: &str, ports: &Ports) -> Value {
    let mut settings = serde_saphyr::from_str(&example_text(name)).expect("example is YAML");
    merge(&mut settings, &listeners(ports));
    settings
}

/// The text of the ready-made file `name` of `config/`.
pub fn example_text(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    fs::read_to_string(folder.join(name)).expect("example is there")
}

fn listeners(ports: &Ports) -> Value {
    let address = |port: u16| format!("127.0.0.1:{port}");
    json!({
        "server": { "http_listen_address": "127.0.0.1", "http_listen_port": ports.pages },
        "distributor": { "receivers": { "otlp": { "protocols": {
            "grpc": { "endpoint": address(ports.grpc) },
            "http": { "endpoint": address(ports.http) },
        } } } },
    })
}

/// The setting that writes everything to `url`.
pub fn remote_write(url: &str) -> Value {
    let endpoint = json!({ "url": url, "send_exemplars": true });
    json!({ "metrics_generator": { "storage": { "remote_write": [endpoint] } } })
}

/// Lays `over` on `under`: maps are merged key by key, everything else is replaced.
pub fn merge(under: &mut Value, over: &Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                merge(under.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (under, over) => *under = over.clone(),
    }
}
