//! The older, flat overrides are read as if they stood in their places of now, and mistakes in them are told as they stand.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what tests share fails by panicking"
)]

use spangraph_config::{Config, PrintMode, TenantId};

/// As tempo-operator and older charts write them.
const FLAT: &str = "\
overrides:
  metrics_generator_processors: [service-graphs, span-metrics]
  metrics_generator_max_active_series: 10000
  metrics_generator_collection_interval: 60s
  metrics_generator_processor_span_metrics_dimensions: [actor.type]
  ingestion_rate_limit_bytes: 15000000
  max_traces_per_user: 10000
";

const NESTED: &str = "\
overrides:
  defaults:
    metrics_generator:
      processors: [service-graphs, span-metrics]
      max_active_series: 10000
      collection_interval: 60s
      processor: {span_metrics: {dimensions: [actor.type]}}
    ingestion: {rate_limit_bytes: 15000000, max_traces_per_user: 10000}
";

fn load(text: &str) -> Config {
    Config::from_yaml(text).unwrap_or_else(|mistakes| panic!("{mistakes}\n{text}"))
}

fn mistakes(text: &str) -> String {
    Config::from_yaml(text).unwrap_err().to_string()
}

fn tenant(id: &str) -> TenantId {
    TenantId::parse(id).unwrap()
}

#[test]
fn flat_overrides_give_the_settings_of_nested_ones() {
    let (flat, nested) = (load(FLAT), load(NESTED));
    let settings = flat.tenant(&TenantId::single());
    assert_eq!(settings, nested.tenant(&TenantId::single()));
    assert_eq!(settings.registry.collection_interval.as_secs(), 60);
    for mode in [PrintMode::Effective, PrintMode::Diff] {
        assert_eq!(flat.print(mode), nested.print(mode));
    }
}

#[test]
fn one_notice_names_the_place_of_each_flat_key_and_another_those_without_effect() {
    let notices = load(FLAT).notices().to_vec();
    let expected = [
        "older, flat overrides are read, and spangraph migrate-overrides FILE writes them anew: \
         overrides.ingestion_rate_limit_bytes is overrides.defaults.ingestion.rate_limit_bytes, \
         overrides.max_traces_per_user is overrides.defaults.ingestion.max_traces_per_user, \
         overrides.metrics_generator_collection_interval is overrides.defaults.metrics_generator.collection_interval, \
         overrides.metrics_generator_max_active_series is overrides.defaults.metrics_generator.max_active_series, \
         overrides.metrics_generator_processor_span_metrics_dimensions is \
         overrides.defaults.metrics_generator.processor.span_metrics.dimensions, \
         overrides.metrics_generator_processors is overrides.defaults.metrics_generator.processors",
        "ignored keys of Tempo that spangraph has no use for: overrides.max_traces_per_user",
    ];
    assert_eq!(notices, expected);
}

#[test]
fn entries_of_tenants_may_be_flat_and_each_key_is_named_once() {
    let text = "\
overrides:
  a:
    metrics_generator_max_active_series: 5
    metrics_generator_remote_write_headers: {X-A: b}
    block_retention: 7d
  '*': {metrics_generator_max_active_series: 6, metrics_generator: {collection_interval: 7s}}
";
    let config = load(NESTED).with_overrides(text).unwrap();
    let (a, other) = (config.tenant(&tenant("a")), config.tenant(&tenant("b")));
    assert_eq!(format!("{:?}", a.registry.limiter), "Series(5)");
    assert_eq!(a.remote_write_headers["X-A"].expose(), "b");
    assert_eq!(format!("{:?}", other.registry.limiter), "Series(6)");
    assert_eq!(other.registry.collection_interval.as_secs(), 7);
    assert_eq!(
        config.notices()[1..],
        [
            "older, flat overrides are read, and spangraph migrate-overrides FILE writes them anew: block_retention is \
             compaction.block_retention, metrics_generator_max_active_series is metrics_generator.max_active_series, \
             metrics_generator_remote_write_headers is metrics_generator.remote_write_headers",
            "ignored keys of Tempo that spangraph has no use for: overrides.a.block_retention"
        ]
    );
}

#[test]
fn mistakes_in_flat_keys_are_told_by_the_names_and_places_that_they_have_in_the_file() {
    let text = "\
overrides:
  metrics_generator_processors: [service-graphs, span-metric]
  metrics_generator_collection_interval: 10ms
  metrics_generator_processor_span_metrics_dimension_mappings:
    - {source_labels: [a]}
  metrics_generator_max_actve_series: 5
";
    let expected = "\
line 2, column 50: overrides.metrics_generator_processors[1]: unknown value \"span-metric\", did you mean span-metrics
line 3, column 42: overrides.metrics_generator_collection_interval: must be at least 100ms
line 5, column 7: overrides.metrics_generator_processor_span_metrics_dimension_mappings[0].name: name is missing
line 6, column 3: overrides.metrics_generator_max_actve_series: unknown key, did you mean metrics_generator_max_active_series";
    assert_eq!(mistakes(text), expected);
    let told = load("")
        .with_overrides(
            "overrides:\n  a:\n    metrics_generator_max_active_series: x\n    max_traces_per_usr: 1\n",
        )
        .unwrap_err();
    let expected = "\
line 3, column 42: overrides.a.metrics_generator_max_active_series: expected a whole number, found text
line 4, column 5: overrides.a.max_traces_per_usr: unknown key, did you mean max_traces_per_user";
    assert_eq!(told.to_string(), expected);
}

#[test]
fn a_setting_that_stands_in_both_ways_is_a_mistake_that_names_both() {
    let text = "\
overrides:
  metrics_generator_max_active_series: 5
  ingestion_burst_size_bytes: 7
  defaults:
    metrics_generator: {max_active_series: 6, collection_interval: 7s}
";
    assert_eq!(
        mistakes(text),
        "line 2, column 3: overrides.metrics_generator_max_active_series: \
         overrides.defaults.metrics_generator.max_active_series is the same setting, keep one of the two"
    );
    let mixed = text.replace("max_active_series: 6, ", "");
    let settings = load(&mixed).tenant(&TenantId::single());
    assert_eq!(settings.ingestion.burst_size_bytes, 7);
    assert_eq!(settings.registry.collection_interval.as_secs(), 7);
}

#[test]
fn flat_keys_below_defaults_are_refused_with_their_place() {
    assert_eq!(
        mistakes("overrides: {defaults: {metrics_generator_processors: [host-info]}}"),
        "line 1, column 24: overrides.defaults.metrics_generator_processors: unknown key (an older name that only stands \
         directly below overrides), write metrics_generator.processors"
    );
}

#[test]
fn a_flat_key_without_a_value_is_left_out_and_one_beside_an_empty_block_counts() {
    let text = "overrides: {metrics_generator_max_active_series: , defaults: {metrics_generator: {max_active_series: 6}}}";
    assert_eq!(
        format!("{:?}", load(text).tenant(&TenantId::single()).registry.limiter),
        "Series(6)"
    );
    let text = "overrides: {metrics_generator_max_active_series: 5, defaults: }";
    assert_eq!(
        format!("{:?}", load(text).tenant(&TenantId::single()).registry.limiter),
        "Series(5)"
    );
}
