//! Tests of how files are rewritten.

use super::*;

fn migrated(text: &str) -> Migrated {
    migrate_overrides(text).unwrap()
}

/// Flat keys between others, with comments before, behind and within them.
const FLAT_KEYS: &str = "\
# The whole file.
server: {http_listen_port: 3200}   # pages

overrides:
  # What is on.
  metrics_generator_processors: [service-graphs, span-metrics] # both
  metrics_generator_processor_span_metrics_dimensions:
  - actor.type
  # in between
  - 'http.route'

  per_tenant_override_config: /conf/overrides.yaml
  # How much.
  ingestion_rate_limit_bytes: 15_000_000
  metrics_generator_processor_service_graphs_histogram_buckets: [
    0.1, # a tenth
    0.2,
  ]
# The end.
multitenancy_enabled: true";

/// [`FLAT_KEYS`] in blocks.
const MOVED_KEYS: &str = "\
# The whole file.
server: {http_listen_port: 3200}   # pages

overrides:
  defaults:
    metrics_generator:
      # What is on.
      processors: [service-graphs, span-metrics] # both
      processor:
        span_metrics:
          dimensions:
          - actor.type
          # in between
          - 'http.route'
        service_graphs:
          histogram_buckets: [
            0.1, # a tenth
            0.2,
          ]
    ingestion:
      # How much.
      rate_limit_bytes: 15_000_000

  per_tenant_override_config: /conf/overrides.yaml
# The end.
multitenancy_enabled: true";

#[test]
fn flat_keys_move_with_their_comments_and_the_rest_stays_as_it_is() {
    let expected = Migrated {
        text: MOVED_KEYS.to_owned(),
        moved: 4,
        rewrote_parts: false,
    };
    assert_eq!(migrated(FLAT_KEYS), expected);
}

#[test]
fn blocks_that_are_there_take_the_flat_keys_in() {
    let text = "\
overrides:
    max_traces_per_user: 5
    defaults:
        # The generator.
        metrics_generator:
           processors: []
    metrics_generator_max_active_series: 6
    metrics_generator_processor_host_info_metric_name: hosts
";
    let expected = "\
overrides:
    defaults:
        ingestion:
          max_traces_per_user: 5
        # The generator.
        metrics_generator:
           max_active_series: 6
           processor:
             host_info:
               metric_name: hosts
           processors: []
";
    assert_eq!(migrated(text).text, expected);
}

#[test]
fn only_entries_in_flow_style_are_written_anew() {
    let text = "\
overrides:
  # a's
  a: {metrics_generator_processors: [host-info], metrics_generator_remote_write_headers: {X-A: 'no', X-B: \"a: b\"}} # gone
  b:
    # kept
    max_traces_per_user: 007
";
    let expected = Migrated {
        text: "\
overrides:
  # a's
  a:
    metrics_generator:
      processors: [host-info]
      remote_write_headers:
        X-A: \"no\"
        X-B: \"a: b\"
  b:
    ingestion:
      # kept
      max_traces_per_user: 007
"
        .to_owned(),
        moved: 3,
        rewrote_parts: true,
    };
    assert_eq!(migrated(text), expected);
}

#[test]
fn a_file_on_one_line_is_written_anew() {
    let text = "{overrides: {metrics_generator_processors: [host-info]}, server: {log_level: warn}}";
    let expected = "\
overrides:
  defaults:
    metrics_generator:
      processors: [host-info]
server:
  log_level: warn
";
    assert_eq!(migrated(text).text, expected);
}

#[test]
fn a_file_keeps_its_line_ends() {
    let text = "overrides:\r\n  # few\r\n  max_traces_per_user: 5\r\n";
    let expected =
        "overrides:\r\n  defaults:\r\n    ingestion:\r\n      # few\r\n      max_traces_per_user: 5\r\n";
    assert_eq!(migrated(text).text, expected);
}

#[test]
fn a_file_without_flat_keys_stays_as_it_is() {
    let text = "overrides: {defaults: {}} # none";
    let expected = Migrated {
        text: text.to_owned(),
        moved: 0,
        rewrote_parts: false,
    };
    assert_eq!(migrated(text), expected);
}

#[test]
fn what_cannot_be_migrated_is_told_with_its_place() {
    let both = "overrides:\n  max_traces_per_user: 1\n  defaults: {ingestion: {max_traces_per_user: 2}}\n";
    assert_eq!(
        migrate_overrides(both).unwrap_err().to_string(),
        "line 2, column 3: overrides.max_traces_per_user: overrides.defaults.ingestion.max_traces_per_user is the same \
         setting, keep one of the two"
    );
    assert!(migrate_overrides("a: [").is_err());
}

#[test]
fn override_files_are_told_from_main_files() {
    for text in [
        "overrides: {a: {}}",
        "overrides: {\"*\": {metrics_generator: {}}, b: {forwarders: []}}",
        "overrides: {single-tenant: {max_traces_per_user: 5}}",
        "overrides: {a: {}, b: 5}",
        "overrides: {a: }",
    ] {
        assert!(is_override_file(text), "{text}");
    }
    for text in [
        "",
        "overrides:",
        "overrides: {}",
        "overrides: {defaults: {}}",
        "overrides: {max_traces_per_user: 5}",
        "overrides: {cost_attribution: {dimensions: {}}}",
        "overrides: {typo: 5}",
        "{overrides: {a: {}}, server: {}}",
        "server: {}",
        "a: [",
    ] {
        assert!(!is_override_file(text), "{text}");
    }
}
