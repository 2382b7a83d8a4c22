//! Tests that no foreign key disappears without a word.

use serde_json::{Value, json};

use super::*;
use crate::Config;

/// `value` below the blocks of `path`, in which `[]` is a list of one item.
fn nested(path: &str, value: Value) -> Value {
    let parts = path.split('.').filter(|part| !part.is_empty()).rev();
    parts.fold(value, |inner, part| match part.strip_suffix("[]") {
        Some(key) => json!({ key: [with_url(inner)] }),
        None => json!({ part: inner }),
    })
}

fn with_url(mut endpoint: Value) -> Value {
    endpoint["url"] = json!("http://a");
    endpoint
}

/// What is said of the key `block.key` with this value, in the file in which the block stands.
fn said(block: &str, key: &str, value: Value) -> String {
    let block = block.replace('*', "a");
    let file = nested(&block, json!({ key: value })).to_string();
    let config = if block.starts_with("overrides.a") {
        Config::default().with_overrides(&file)
    } else {
        Config::from_yaml(&file)
    };
    match config {
        Ok(config) => config.notices().join("\n"),
        Err(mistakes) => mistakes.to_string(),
    }
}

#[test]
fn every_foreign_key_is_named_in_a_notice_or_refused() {
    for (block, keys) in all() {
        for key in keys {
            let said = said(&block, key, json!("x"));
            assert!(said.contains(key), "nothing is said of {block}.{key}: {said}");
        }
    }
}

#[test]
fn no_key_is_in_two_tables_but_those_that_are_refused_by_their_values() {
    let mut names: Vec<String> = all()
        .flat_map(|(block, keys)| keys.iter().map(move |key| below(&block, key)))
        .collect();
    names.sort_unstable();
    let twice = names.windows(2).filter(|pair| pair[0] == pair[1]);
    let twice: Vec<_> = twice.map(|pair| pair[0].as_str()).collect();
    let by_value = refused::REFUSED.iter().filter(|entry| !entry.harmless.is_empty());
    let by_value: Vec<_> = by_value
        .flat_map(|entry| entry.keys.iter().map(|key| below(entry.block, key)))
        .collect();
    assert!(
        twice
            .iter()
            .all(|name| by_value.iter().any(|other| other == name)),
        "{twice:?}"
    );
    assert_eq!(twice.len(), by_value.len());
}

#[test]
fn every_table_says_why_nothing_is_lost() {
    let tables = [
        tables::IGNORED,
        tables::TOLD,
        tenants::IGNORED,
        tenants::TOLD,
        endpoints::IGNORED,
    ];
    for entry in tables.into_iter().flatten() {
        assert!(entry.why.len() > 20 && !entry.keys.is_empty(), "{}", entry.block);
    }
}

#[test]
fn values_that_change_nothing_are_not_refused() {
    let http = "distributor.receivers.otlp.protocols.http";
    for (block, key, value, is_refused) in [
        (http, "transport", json!("tcp"), false),
        (http, "transport", json!("unix"), true),
        (http, "compression_algorithms", json!(["", "gzip", "zstd"]), false),
        (http, "compression_algorithms", json!(["gzip", "snappy"]), true),
        (http, "traces_url_path", json!("/v1/traces"), false),
        (http, "traces_url_path", json!("/tempo"), true),
        ("server", "http_listen_network", json!("tcp4"), false),
        ("server", "http_listen_network", json!("unix"), true),
        ("server", "proxy_protocol_enabled", json!(false), false),
        ("server", "proxy_protocol_enabled", json!(true), true),
        (
            "overrides",
            "user_configurable_overrides",
            json!({"enabled": false}),
            false,
        ),
        (
            "overrides",
            "user_configurable_overrides",
            json!({"enabled": true}),
            true,
        ),
    ] {
        let said = said(block, key, value.clone());
        assert_eq!(said.starts_with("line "), is_refused, "{key}: {value}: {said}");
    }
}

#[test]
fn other_receivers_are_told_beside_otlp_and_refused_alone() {
    let beside = said(
        "distributor",
        "receivers",
        json!({"jaeger": null, "zipkin": {}, "otlp": {}}),
    );
    let told = "distributor.receivers.jaeger, distributor.receivers.zipkin: only OTLP is received, so nothing listens";
    assert!(beside.starts_with(told), "{beside}");
    let alone = said(
        "distributor",
        "receivers",
        json!({"jaeger": {"protocols": {}}, "opencensus": null}),
    );
    for key in ["jaeger", "opencensus"] {
        let told =
            format!("distributor.receivers.{key}: only OTLP is received, so none of these spans would come");
        assert!(alone.contains(&told), "{alone}");
    }
    let kafka = said("distributor", "receivers", json!({"kafka": null, "otlp": {}}));
    assert!(
        kafka.contains("distributor.receivers.kafka: spans in Kafka are not read yet"),
        "{kafka}"
    );
}

#[test]
fn a_topic_is_refused_unless_a_forwarder_sends_its_spans() {
    let topic = json!({"kafka": {"address": "kafka:9092", "topic": "t"}});
    let refused = said("", "ingest", topic.clone());
    assert!(
        refused.starts_with("line 1, column 12: ingest.kafka: spans in Kafka are not read yet"),
        "{refused}"
    );
    let consumed = said("metrics_generator", "consume_from_kafka", json!(true));
    assert!(
        consumed.contains("metrics_generator.consume_from_kafka: spans in Kafka"),
        "{consumed}"
    );
    let file = json!({"ingest": topic, "distributor": {"forwarders": [{"name": "a"}]}}).to_string();
    let notices = Config::from_yaml(&file).unwrap().notices().join("\n");
    assert!(
        notices.contains("ingest.kafka: spans in Kafka are not read yet; those that"),
        "{notices}"
    );
    for off in [
        json!({"enabled": false, "kafka": {"topic": "t"}}),
        json!({"kafka": {}}),
        json!(null),
    ] {
        let said = said("", "ingest", off.clone());
        assert!(!said.starts_with("line"), "{off}: {said}");
    }
}

#[test]
fn a_key_that_many_tenants_have_is_named_once() {
    let entry = json!({"max_traces_per_user": 1, "ingestion": {"tenant_shard_size": 2}, "forwarders": []});
    let entries: Value = (0..4)
        .map(|tenant| (format!("t{tenant}"), entry.clone()))
        .collect();
    let file = json!({"overrides": entries}).to_string();
    let config = Config::default().with_overrides(&file).unwrap();
    let notices = config.notices().join("\n");
    for told in [
        "overrides.*.ingestion.tenant_shard_size of 4 tenants",
        "overrides.*.max_traces_per_user of 4 tenants",
        "overrides.*.forwarders of 4 tenants: spangraph passes no spans on",
    ] {
        assert!(notices.contains(told), "{notices}");
    }
    assert!(!notices.contains("t1"), "{notices}");
}
