//! Every key that the main file knows has an effect: written with another value than its default, it changes the settings.

#![expect(clippy::panic, reason = "what tests share fails by panicking")]

mod rows;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value, json};
use spangraph_config::{Config, ServerSettings, TenantSettings};

use rows::{ENDPOINT, Row, written};

const POLICIES: &str = "metrics_generator.processor.span_metrics.filter_policies";

/// What must stand beside a key so that it may stand there, by block.
fn beside(key: &str) -> Value {
    let (block, _) = key.rsplit_once('.').unwrap_or_default();
    let certificate = json!({"cert_file": "c", "key_file": "k"});
    match block {
        "server" if key.ends_with("tls_min_version") => json!({"http_tls_config": certificate}),
        _ if key.contains("http_tls_config.client_") => {
            let asked = "RequireAndVerifyClientCert";
            json!({"cert_file": "c", "key_file": "k", "client_ca_file": "a", "client_auth_type": asked})
        }
        _ if block.ends_with(".tls") || block.ends_with("http_tls_config") => certificate,
        _ if block.ends_with(".tls_config") => certificate,
        _ if key.ends_with("authorization.credentials") => json!({"credentials": "other"}),
        _ if key.ends_with("authorization.credentials_file") => json!({"credentials_file": "other"}),
        _ if key == "spangraph.durability.sync_interval" => {
            json!({"path": "f", "mode": "log", "sync": "interval"})
        }
        "spangraph.durability" if key.ends_with(".sync") || key.ends_with(".on_full") => {
            json!({"path": "f", "mode": "log"})
        }
        "spangraph.durability" if !key.ends_with("path") => json!({"path": "f"}),
        _ if block.ends_with(".cors") => json!({"allowed_origins": ["https://a"]}),
        _ if block.ends_with("basic_auth") => json!({"username": "u"}),
        ENDPOINT => json!({"url": "http://a"}),
        _ => json!({}),
    }
}

/// Keys without an effect of their own, each with the reason.
const WITHOUT_EFFECT: &[(&str, &str)] = &[
    (
        "metrics_generator.storage.remote_write[].protobuf_message",
        "only one message can be written",
    ),
    (
        "metrics_generator.storage.remote_write[].authorization.type",
        "only one scheme can be written",
    ),
];

/// Blocks whose keys other tests hold: `overrides.defaults` has those of tenants' entries.
const ELSEWHERE: &[&str] = &["overrides.defaults"];

/// A file with `keys` in the block of `key`, in which `[]` is a list of one item.
fn file(key: &str, keys: Map<String, Value>) -> Value {
    let block = key.rsplit_once('.').map_or("", |(block, _)| block);
    let parts = block.split('.').filter(|part| !part.is_empty()).rev();
    parts.fold(Value::Object(keys), |inner, part| match part.strip_suffix("[]") {
        Some(list) => json!({ list: [with_url(inner)] }),
        None => json!({ part: inner }),
    })
}

/// An endpoint has a URL whatever else it has.
fn with_url(mut item: Value) -> Value {
    if let Some(fields) = item.as_object_mut() {
        fields.entry("url").or_insert_with(|| json!("http://a"));
    }
    item
}

/// All that a configuration decides.
type Decided = (
    ServerSettings,
    Vec<TenantSettings>,
    Option<PathBuf>,
    Option<Duration>,
    bool,
    Vec<String>,
);

fn decided(file: &Value) -> Decided {
    let config = Config::from_yaml(&file.to_string()).unwrap_or_else(|mistakes| panic!("{file}: {mistakes}"));
    (
        config.server(),
        config.tenants().map(|(_, settings)| settings.clone()).collect(),
        config.override_file().map(PathBuf::from),
        config.override_period(),
        config.reload_endpoint_enabled(),
        config.pages_hosts().to_vec(),
    )
}

#[test]
fn each_key_changes_the_settings() {
    let has_effect = |(key, value): &Row| {
        let (_, last) = key.rsplit_once('.').unwrap_or(("", key));
        let mut keys = beside(key).as_object().cloned().unwrap_or_default();
        let without = decided(&file(key, keys.clone()));
        keys.insert(last.to_owned(), value.clone());
        decided(&file(key, keys)) != without
    };
    let idle: Vec<_> = written().into_iter().filter(|row| !has_effect(row)).collect();
    assert!(idle.is_empty(), "without effect: {idle:?}");
}

/// A key that no block knows makes it tell those that it knows.
fn known_in(block: &str) -> Option<Vec<String>> {
    let probe = format!("{block}.zzzzzzzzzz");
    let keys = json!({"zzzzzzzzzz": 1});
    let file = file(
        probe.trim_start_matches('.'),
        keys.as_object().cloned().unwrap_or_default(),
    );
    let told = Config::from_yaml(&file.to_string()).err()?.to_string();
    let known = told.lines().find_map(|line| line.split("known here: ").nth(1))?;
    let named = known
        .split(", ")
        .map(|key| format!("{block}.{key}").trim_start_matches('.').to_owned());
    Some(named.collect())
}

fn add_keys(block: &str, listed: &BTreeSet<String>, found: &mut BTreeSet<String>) {
    let known = known_in(block).unwrap_or_else(|| panic!("{block} is a key of the schema that no row has"));
    for key in known {
        let list = format!("{key}[]");
        if listed.contains(&key) {
            found.insert(key);
        } else if !ELSEWHERE.contains(&key.as_str()) {
            let is_list = listed.iter().any(|row| row.starts_with(&list));
            add_keys(if is_list { &list } else { &key }, listed, found);
        }
    }
}

#[test]
fn every_key_of_the_schema_has_a_row_or_a_reason() {
    let rows: Vec<String> = written().into_iter().map(|(key, _)| key).collect();
    let reasons = WITHOUT_EFFECT.iter().map(|(key, _)| (*key).to_owned());
    let listed: BTreeSet<String> = rows.iter().cloned().chain(reasons).collect();
    let mut found = BTreeSet::new();
    add_keys("", &listed, &mut found);
    assert_eq!(found, listed);
}

#[test]
fn each_key_of_a_policy_decides() {
    let with = |policy: Value| {
        let keys = json!({"filter_policies": [policy]});
        decided(&file(POLICIES, keys.as_object().cloned().unwrap_or_default()))
    };
    let attribute = json!({"attributes": [{"key": "name", "value": "a"}]});
    let plain = with(json!({"include": attribute}));
    let regex = json!({"match_type": "regex", "attributes": [{"key": "name", "value": "a"}]});
    for other in [
        json!({"include_any": attribute}),
        json!({"exclude": attribute}),
        json!({"include": regex}),
        json!({"include": {"attributes": [{"key": "kind", "value": "SPAN_KIND_SERVER"}]}}),
        json!({"include": {"attributes": [{"key": "name", "value": "b"}]}}),
    ] {
        assert!(with(other.clone()) != plain, "{other}");
    }
}
