//! A migrated file means the same: it gives the same settings, needs no further migration, and keeps its comments.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what tests share fails by panicking"
)]

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use spangraph_config::{Config, is_override_file, migrate_overrides};

/// A flat key and values that it may have.
fn a_flat_key() -> impl Strategy<Value = (String, Value)> {
    let keys = json!({
        "ingestion_rate_limit_bytes": [0, 7],
        "ingestion_burst_size_bytes": [8],
        "ingestion_rate_strategy": ["local", "global"],
        "max_traces_per_user": [9],
        "max_bytes_per_trace": [10],
        "block_retention": ["7d"],
        "forwarders": [["a"]],
        "cost_attribution": [{"dimensions": {"a": "b"}}],
        "metrics_generator_processors": [[], ["service-graphs", "span-metrics"], null],
        "metrics_generator_max_active_series": [5],
        "metrics_generator_collection_interval": ["7s"],
        "metrics_generator_disable_collection": [true],
        "metrics_generator_generate_native_histograms": ["both"],
        "metrics_generator_trace_id_label_name": ["trace_id", ""],
        "metrics_generator_ring_size": [3],
        "metrics_generator_forwarder_workers": [2],
        "metrics_generator_remote_write_headers": [{}, {"X-A": "yes", "X-B": "a: b # c"}],
        "metrics_generator_processor_service_graphs_dimensions": [["a", "b.c", "- d"]],
        "metrics_generator_processor_service_graphs_histogram_buckets": [[0.1, 5, 1e-3]],
        "metrics_generator_processor_service_graphs_span_multiplier_key": ["${A}", "x"],
        "metrics_generator_processor_span_metrics_intrinsic_dimensions": [{"service": false}],
        "metrics_generator_processor_span_metrics_dimension_mappings":
            [[{"name": "n", "source_labels": ["a", "b"], "join": " \n # "}, {"name": "m", "source_labels": ["é"]}]],
        "metrics_generator_processor_span_metrics_filter_policies":
            [[{"include": {"match_type": "regex", "attributes": [{"key": "name", "value": "^[a-z]: $"}]}}]],
        "metrics_generator_processor_host_info_metric_name": ["hosts"],
        "metrics_generator_processor_local_blocks_max_live_traces": [4],
    });
    one_of(&keys)
}

/// A key of now and values that it may have, by its way.
fn a_nested_key() -> impl Strategy<Value = (String, Value)> {
    let keys = json!({
        "ingestion/burst_size_bytes": [11],
        "metrics_generator/collection_interval": ["9s"],
        "metrics_generator/max_cardinality_per_label": [12],
        "metrics_generator/processor/service_graphs/wait": ["3s"],
        "metrics_generator/processor/span_metrics/enable_target_info": [true],
    });
    one_of(&keys)
}

fn one_of(keys: &Value) -> impl Strategy<Value = (String, Value)> + use<> {
    let keys = keys.as_object().unwrap().clone().into_iter();
    let each: Vec<_> = keys
        .flat_map(|(key, values)| {
            let values = values.as_array().unwrap().clone();
            values.into_iter().map(move |value| (key.clone(), value))
        })
        .collect();
    prop::sample::select(each)
}

/// A tenant's entry, or what stands below `overrides`; nested keys stand below `base`.
fn an_entry(base: &'static str) -> impl Strategy<Value = Value> {
    let flat = prop::collection::vec(a_flat_key(), 0..6);
    let nested = prop::collection::vec(a_nested_key(), 0..3);
    (flat, nested).prop_map(move |(flat, nested)| {
        let mut entry: Map<String, Value> = flat.into_iter().collect();
        for (way, value) in nested {
            let is_there_twice = entry.contains_key(&way.replace('/', "_"));
            if !is_there_twice {
                put(&mut entry, &format!("{base}{way}"), value);
            }
        }
        Value::Object(entry)
    })
}

fn put(entry: &mut Map<String, Value>, way: &str, value: Value) {
    match way.split_once('/') {
        None => drop(entry.insert(way.to_owned(), value)),
        Some((block, rest)) => {
            let block = entry.entry(block).or_insert_with(|| json!({}));
            put(block.as_object_mut().unwrap(), rest, value);
        }
    }
}

/// The file in one of many styles, with comments.
fn styled(file: &Value, style: usize) -> String {
    if style == 0 {
        return file.to_string();
    }
    let options = serde_saphyr::ser_options! { compact_list_indent: style.is_multiple_of(2), prefer_block_scalars: false };
    let mut text = String::new();
    serde_saphyr::to_fmt_writer_with_options(&mut text, file, options).unwrap();
    let lines = text.lines().enumerate().map(|(number, line)| {
        let indentation = &line[..line.len() - line.trim_start().len()];
        if number % 3 == style % 3 {
            format!("{indentation}# comment {number}\n{line} # behind {number}\n")
        } else {
            format!("{line}\n")
        }
    });
    lines.collect()
}

fn comments(text: &str) -> Vec<&str> {
    let mut comments: Vec<_> = text
        .lines()
        .filter_map(|line| line.split_once("# ").map(|(_, comment)| comment))
        .filter(|comment| comment.starts_with("comment") || comment.starts_with("behind"))
        .collect();
    comments.sort_unstable();
    comments
}

fn load(main: &str, overrides: &str) -> Config {
    Config::from_yaml(main)
        .unwrap_or_else(|mistakes| panic!("{mistakes}\n{main}"))
        .with_overrides(overrides)
        .unwrap_or_else(|mistakes| panic!("{mistakes}\n{overrides}"))
}

/// The migrated text, which is migrated for good.
fn migrated(text: &str) -> String {
    let migrated = migrate_overrides(text).unwrap_or_else(|mistakes| panic!("{mistakes}\n{text}"));
    let unkept = (&migrated.parted_comments, &migrated.lost_comments);
    assert_eq!(unkept, (&vec![], &vec![]), "{text}\nbecame\n{}", migrated.text);
    assert_eq!(
        comments(&migrated.text),
        comments(text),
        "{text}\nbecame\n{}",
        migrated.text
    );
    let again = migrate_overrides(&migrated.text).unwrap();
    assert_eq!((again.moved, &again.text), (0, &migrated.text));
    migrated.text
}

/// How much is said beside the advice to migrate and the list of ignored keys; keys are named by places that differ now.
fn other_notices(config: &Config) -> usize {
    let is_other = |notice: &&String| {
        !notice.starts_with("older, flat overrides") && !notice.starts_with("ignored keys")
    };
    config.notices().iter().filter(is_other).count()
}

proptest! {
    #[test]
    fn a_migrated_main_file_gives_the_same_settings(
        overrides in an_entry("defaults/"),
        others in prop::sample::select(vec![json!({}), json!({"multitenancy_enabled": true, "server": {"log_level": "warn"}})]),
        style in 0..7_usize,
    ) {
        let mut file = others;
        file["overrides"] = overrides;
        let text = styled(&file, style);
        let anew = migrated(&text);
        let (before, after) = (load(&text, "overrides: {}"), load(&anew, "overrides: {}"));
        prop_assert_eq!(before.server(), after.server());
        prop_assert!(before.tenants().eq(after.tenants()), "{}\nbecame\n{}", text, anew);
        prop_assert_eq!(other_notices(&before), other_notices(&after));
        prop_assert!(!after.notices().iter().any(|notice| notice.starts_with("older, flat overrides")));
    }

    #[test]
    fn a_migrated_override_file_gives_the_same_settings(
        entries in prop::collection::btree_map("[a-c*]", an_entry(""), 1..4),
        style in 0..7_usize,
    ) {
        let text = styled(&json!({"overrides": entries}), style);
        prop_assert!(is_override_file(&text));
        let anew = migrated(&text);
        let (before, after) = (load("", &text), load("", &anew));
        prop_assert!(before.tenants().eq(after.tenants()), "{}\nbecame\n{}", text, anew);
        prop_assert!(is_override_file(&anew));
    }

    #[test]
    fn no_text_makes_the_migration_panic(text in "(overrides:|[a-c]: |\n  |\n    |max_traces_per_user: 1|[\"'\\[\\]{},#&*|-]){0,12}") {
        let _ = migrate_overrides(&text);
    }
}
