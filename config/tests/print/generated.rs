//! Whatever is written, its print loads back.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};
use spangraph_config::TenantId;

use super::{assert_prints_load_back, load_both};

/// Keys of the main file as pointers, each with values that it may have.
const VALUES_OF_KEYS: &str = include_str!("values_of_keys.json");

/// A key of the main file and a value that it may have.
fn a_written_key() -> impl Strategy<Value = (String, Value)> {
    let keys: BTreeMap<String, Vec<Value>> = serde_json::from_str(VALUES_OF_KEYS).unwrap();
    let pairs = keys.into_iter().flat_map(|(key, values)| {
        let pair = move |value| (key.clone(), value);
        values.into_iter().map(pair)
    });
    prop::sample::select(pairs.collect::<Vec<_>>())
}

fn file_of(keys: &[(String, Value)], above: &str) -> Value {
    let mut file = json!({});
    for (key, value) in keys {
        let Some(key) = key.strip_prefix(above) else {
            continue;
        };
        let mut place = &mut file;
        for step in key.split('/').skip(1) {
            if place.is_null() {
                *place = json!({});
            }
            place = &mut place[step];
        }
        *place = value.clone();
    }
    file
}

fn a_tenant_id() -> impl Strategy<Value = String> {
    prop_oneof![
        "[-A-Za-z0-9!_.*'()]{1,4}",
        "null|true|no|y|1e3|0x1|_|-|1_0|!a|'|\\*a|---"
    ]
    .prop_filter("an id", |id| id == "*" || TenantId::parse(id).is_ok())
}

proptest! {
    #[test]
    fn what_may_be_written_loads_back(
        main in prop::collection::vec(a_written_key(), 0..8),
        tenants in prop::collection::btree_map(a_tenant_id(), prop::collection::vec(a_written_key(), 0..8), 0..4),
    ) {
        let of_tenant = |keys: &Vec<_>| file_of(keys, "/overrides/defaults");
        let tenants: serde_json::Map<_, _> =
            tenants.iter().map(|(id, keys)| (id.clone(), of_tenant(keys))).collect();
        let overrides = json!({"overrides": tenants}).to_string();
        let config = load_both(&file_of(&main, "").to_string(), &overrides);
        assert_prints_load_back(&config, "generated");
    }

    #[test]
    fn texts_and_durations_load_back(value in "\\PC*|[ -~\n\t]*", nanoseconds in 1..u64::MAX) {
        let main = json!({
            "metrics_generator": {
                "registry": {"external_labels": {"a": value}, "stale_duration": format!("{}ns", nanoseconds.max(1_000_000))},
                "processor": {"span_metrics": {"dimension_mappings": [{"name": "n", "source_labels": ["s"], "join": value}]}},
            },
        });
        assert_prints_load_back(&load_both(&main.to_string(), "overrides: {}"), "generated");
    }
}
