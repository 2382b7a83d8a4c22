//! Many tenants on one server: whose spans are whose, what each may send, and that none feels another.

mod going_away;
mod ids;
mod isolation;
mod limits;
mod places;
mod rates;

use std::fs;

use reqwest::blocking::Client;
use serde_json::{Value, json};

use crate::harness::otlp::{GrpcSender, HttpSender, Sender};
use crate::harness::{Server, ServerConfig};

/// A configuration with multi-tenancy, in which tenants have these `entries`.
fn with_tenants(entries: &Value) -> ServerConfig {
    let config = ServerConfig::new();
    let file = config.folder().join("overrides.yaml");
    let text = json!({ "overrides": entries }).to_string();
    fs::write(&file, text).expect("override file is written");
    config.with(&json!({
        "multitenancy_enabled": true,
        "overrides": { "per_tenant_override_config": file },
    }))
}

/// One sender for each way in.
fn senders(server: &Server) -> [Box<dyn Sender>; 2] {
    [
        Box::new(GrpcSender::connect(&server.otlp_grpc())),
        Box::new(HttpSender::new(&server.otlp_http())),
    ]
}

fn json_of(server: &Server, path: &str) -> Value {
    let answer = Client::new().get(server.page(path)).send().unwrap();
    answer.error_for_status().unwrap().json().unwrap()
}
