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
        parted_comments: vec![],
        lost_comments: vec![],
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
  a: {metrics_generator_processors: [host-info], metrics_generator_remote_write_headers: {X-A: 'no', X-B: \"a: b\"}} # kept
  b:
    # kept
    max_traces_per_user: 007
";
    let expected = Migrated {
        text: "\
overrides:
  # a's
  a: # kept
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
        parted_comments: vec![],
        lost_comments: vec![],
    };
    assert_eq!(migrated(text), expected);
}

#[test]
fn a_block_in_flow_style_takes_flat_keys_in_and_costs_no_comment() {
    let text = "\
overrides:
  t:
    # why
    metrics_generator: {max_active_series: 5} # few
    metrics_generator_processor_span_metrics_dimensions: [k]
    metrics_generator_collection_interval: 5s # x
    ingestion: {}
    max_traces_per_user: 007 # agent
";
    let expected = "\
overrides:
  t:
    # why
    metrics_generator: # few
      processor:
        span_metrics:
          dimensions: [k]
      collection_interval: 5s # x
      max_active_series: 5
    ingestion:
      max_traces_per_user: 007 # agent
";
    let migrated = migrated(text);
    assert_eq!(migrated.text, expected);
    assert!(migrated.parted_comments.is_empty() && migrated.lost_comments.is_empty());
}

#[test]
fn comments_below_a_key_and_those_apart_above_one_go_with_it() {
    let text = "\
overrides:
  t:
    metrics_generator_processors:
    - service-graphs
    # of the list

    # --- limits ---

    # of series
    metrics_generator_max_active_series: 5
    # at the end
  # about u
  u: {}
# end
";
    let expected = "\
overrides:
  t:
    metrics_generator:
      processors:
      - service-graphs
      # of the list

      # --- limits ---

      # of series
      max_active_series: 5
      # at the end
  # about u
  u: {}
# end
";
    let migrated = migrated(text);
    assert_eq!(migrated.text, expected);
    assert!(migrated.parted_comments.is_empty() && migrated.lost_comments.is_empty());
}

#[test]
fn comments_that_lose_their_key_and_those_that_are_gone_are_told_by_line() {
    let parted = "\
overrides:
  a: {
    # about users
    max_traces_per_user: 5, # few
    max_bytes_per_trace: '# no comment', # many
  }
  b: |
    # no comment
";
    let migrated_parted = migrated(parted);
    assert_eq!(migrated_parted.parted_comments, [5], "{}", migrated_parted.text);
    assert_eq!(migrated_parted.lost_comments, [] as [usize; 0]);
    let braces = "\
# gone
{overrides: {max_traces_per_user: 5}} # gone, too
";
    let migrated_braces = migrated(braces);
    assert_eq!(migrated_braces.lost_comments, [1, 2], "{}", migrated_braces.text);
    assert_eq!(migrated_braces.parted_comments, [] as [usize; 0]);
}

#[test]
fn what_anchors_share_is_written_twice_and_keys_with_nothing_stay() {
    let text = "\
overrides: # kept
  a: &a # kept, too
    # users
    max_traces_per_user: 5
    metrics_generator_processors: # none
  b: *a
";
    let expected = "\
overrides: # kept
  a: &a # kept, too
    ingestion:
      # users
      max_traces_per_user: 5
    metrics_generator_processors: # none
  b:
    ingestion:
      max_traces_per_user: 5
";
    let migrated = migrated(text);
    assert_eq!(migrated.text, expected);
    assert!(migrated.parted_comments.is_empty() && migrated.lost_comments.is_empty());
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
        parted_comments: vec![],
        lost_comments: vec![],
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
