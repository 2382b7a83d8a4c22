//! What single tenants get, and what is said about an override file that is wrong.

#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "what tests share fails by panicking"
)]

mod endpoints;

use std::path::Path;
use std::time::Duration;

use spangraph_config::{Config, HistogramKind, Limiter, TenantId, TenantSettings};

const MAIN: &str = "
metrics_generator:
  limiter_type: entity
  processor:
    service_graphs: {wait: 3s, max_items: 7}
    span_metrics: {dimensions: [global]}
overrides:
  defaults:
    metrics_generator:
      processors: [service-graphs]
      max_active_entities: 100
      remote_write_headers: {X-Default: a}
      processor:
        service_graphs: {max_items: 8, dimensions: [default]}
        span_metrics: {intrinsic_dimensions: {span_kind: false}}
";

fn with_overrides(text: &str) -> Config {
    Config::from_yaml(MAIN)
        .and_then(|config| config.with_overrides(text))
        .unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

fn of(config: &Config, tenant: &str) -> TenantSettings {
    config.tenant(&TenantId::parse(tenant).expect("a tenant's id"))
}

#[test]
fn a_tenant_gets_its_entry_over_the_defaults_over_the_global_blocks() {
    let config = with_overrides(
        "overrides:\n  acme: {metrics_generator: {processor: {service_graphs: {dimensions: [acme, zone]}}}}\n",
    );
    let (acme, other) = (of(&config, "acme"), of(&config, "other"));
    let graphs = |settings: &TenantSettings| {
        let graphs = &settings.service_graphs;
        (
            graphs.wait.as_secs(),
            graphs.max_items,
            graphs.dimensions.join(" "),
        )
    };
    assert_eq!(graphs(&acme), (3, 8, "acme zone".to_owned()));
    assert_eq!(graphs(&other), (3, 8, "default".to_owned()));
    let otherwise_equal = TenantSettings {
        service_graphs: other.service_graphs.clone(),
        ..acme
    };
    assert_eq!(otherwise_equal, other);
}

#[test]
fn the_entry_for_others_is_for_tenants_without_an_entry_and_not_inherited() {
    let config = with_overrides(
        "
overrides:
  acme: {metrics_generator: {max_active_entities: 1}}
  empty:
  '*': {metrics_generator: {processors: [span-metrics], max_active_entities: 2}}
",
    );
    for (tenant, graphs, spans, limit) in [
        ("acme", true, false, 1),
        ("empty", true, false, 100),
        ("other", false, true, 2),
        ("single-tenant", false, true, 2),
    ] {
        let settings = of(&config, tenant);
        assert_eq!(settings.processors.service_graphs_request, graphs, "{tenant}");
        assert_eq!(settings.processors.span_metrics_count, spans, "{tenant}");
        assert_eq!(settings.registry.limiter, Limiter::Entities(limit), "{tenant}");
    }
    let named: Vec<_> = config
        .tenants()
        .map(|(id, settings)| (id.map_or("*", TenantId::as_str), settings.registry.limiter))
        .collect();
    let expected = [("*", 2), ("acme", 1), ("empty", 100)];
    assert_eq!(named, expected.map(|(id, limit)| (id, Limiter::Entities(limit))));
}

#[test]
fn every_group_of_settings_can_be_a_tenants_own() {
    let config = with_overrides(
        "
overrides:
  '123':
    metrics_generator:
      processors: []
      collection_interval: 2s
      disable_collection: true
      ingestion_time_range_slack: 1m
      generate_native_histograms: both
      remote_write_headers: {X-Own: b}
      processor:
        service_graphs: {histogram_buckets: [2, 1]}
        span_metrics: {dimensions: [], intrinsic_dimensions: {span_name: false}}
        host_info: {metric_name: hosts}
  reset: {metrics_generator: {remote_write_headers: {}, max_active_entities: 0}}
",
    );
    let own = of(&config, "123");
    assert!(!own.processors.any_service_graphs() && own.disable_collection);
    assert_eq!(own.registry.collection_interval, Duration::from_secs(2));
    assert_eq!(own.registry.histograms.kind, HistogramKind::Both);
    assert_eq!(own.ingestion_time_range_slack, Duration::from_secs(60));
    assert!(own.remote_write_headers.keys().eq(["X-Own"]));
    assert_eq!(own.service_graphs.histogram_buckets, [1.0, 2.0]);
    assert!(own.span_metrics.dimensions.is_empty());
    let intrinsic = own.span_metrics.intrinsic_dimensions;
    assert!(!intrinsic.span_name && !intrinsic.span_kind && intrinsic.service);
    assert_eq!(own.host_info.metric_name, "hosts");

    let reset = of(&config, "reset");
    assert!(reset.remote_write_headers.is_empty());
    assert_eq!(reset.registry.limiter, Limiter::Entities(0));
    assert_eq!(reset.span_metrics.dimensions, ["global"]);
}

#[test]
fn an_override_file_with_nothing_in_it_changes_nothing() {
    let main = Config::from_yaml(MAIN).unwrap();
    for text in ["overrides:\n", "overrides: {}\n"] {
        let config = with_overrides(text);
        assert_eq!(of(&config, "acme"), of(&main, "acme"), "{text:?}");
        assert!(config.notices().is_empty(), "{text:?}");
    }
}

#[test]
fn all_mistakes_of_an_override_file_come_at_once_with_its_lines() {
    let text = "\
overrides:
  a/b: {}
  ..: {metrics_generator: {processors: [nonsense]}}
  acme.eu:
    metrics_generator:
      procesors: [service-graphs]
      collection_interval: 1
      processor:
        service_graphs:
          filter_policies: [{}]
    ingestion: {rate_limit_bytes: -1}
  '*': 5
overides: {}
";
    let expected = "\
line 2, column 3: overrides.a/b: tenant id contains the unsupported character '/'
line 3, column 3: overrides...: tenant id is '.' or '..'
line 6, column 7: overrides.acme.eu.metrics_generator.procesors: unknown key, did you mean processors
line 7, column 28: overrides.acme.eu.metrics_generator.collection_interval: \"1\" is not a duration, write a number with its unit, such as 15s, 1m30s or 250ms
line 10, column 29: overrides.acme.eu.metrics_generator.processor.service_graphs.filter_policies[0]: a policy needs include, include_any or exclude
line 11, column 35: overrides.acme.eu.ingestion.rate_limit_bytes: expected a whole number of 0 or more, found -1
line 12, column 8: overrides.*: expected a mapping, found a whole number
line 13, column 1: overides: unknown key, did you mean overrides";
    let mistakes = Config::default().with_overrides(text).unwrap_err();
    assert_eq!(mistakes.to_string(), expected);
    let no_yaml = Config::default()
        .with_overrides("overrides: [1\n")
        .unwrap_err()
        .to_string();
    assert!(
        no_yaml.starts_with("line 1, ") && no_yaml.lines().count() == 1,
        "{no_yaml}"
    );
}

#[test]
fn what_has_no_effect_for_a_tenant_is_told() {
    let config = with_overrides(
        "
overrides:
  acme:
    ingestion: {rate_strategy: global, burst_size_bytes: 5, max_traces_per_user: 1}
    compaction: {block_retention: 1h}
    metrics_generator: {ring_size: 1, processors: [local-blocks], processor: {local_blocks: {max_live_traces: 1}}}
",
    );
    let expected = [
        "ignored keys of Tempo that spangraph has no use for: overrides.acme.compaction, \
         overrides.acme.ingestion.max_traces_per_user, overrides.acme.metrics_generator.ring_size, \
         overrides.acme.metrics_generator.processor.local_blocks, processor local-blocks of overrides.acme",
        "overrides.acme.ingestion.rate_strategy: global counts as local does: each process allows rate_limit_bytes, \
         so divide it by the number of processes that a tenant sends to",
        "overrides.acme.ingestion.burst_size_bytes has no effect without rate_limit_bytes",
    ];
    assert_eq!(config.notices(), expected);
}

#[test]
fn the_override_file_is_named_and_read_again_every_ten_seconds_or_as_told() {
    let named = Config::from_yaml(
        "overrides: {per_tenant_override_config: conf/o.yaml, per_tenant_override_period: 3s}",
    )
    .unwrap();
    assert_eq!(named.override_file(), Some(Path::new("conf/o.yaml")));
    assert_eq!(named.override_period(), Some(Duration::from_secs(3)));
    assert_eq!(named.notices(), [] as [&str; 0]);
    let never = Config::from_yaml("overrides: {per_tenant_override_period: 0s}").unwrap();
    assert_eq!(never.override_period(), None);
    let blank = Config::from_yaml("overrides: {per_tenant_override_config: ''}").unwrap();
    assert_eq!(blank.override_file(), None);
    assert_eq!(blank.override_period(), Some(Duration::from_secs(10)));
    assert!(!blank.reload_endpoint_enabled());
    assert_eq!(blank.notices().len(), 1, "no processor is on");
}

#[test]
fn what_has_no_effect_beside_other_keys_is_told() {
    let text = "metrics_generator: {limiter_type: entity}\noverrides: {defaults: {metrics_generator: {max_active_series: 5}}}";
    let config = Config::from_yaml(text)
        .unwrap()
        .with_overrides(
            "overrides: {a: {metrics_generator: {max_active_series: 6, max_active_entities: 7}}, \
             b: {metrics_generator: {max_active_series: 0}}, c: {metrics_generator_max_active_series: 8}}",
        )
        .unwrap();
    let keys = [
        "overrides.defaults.metrics_generator.max_active_series",
        "overrides.a.metrics_generator.max_active_series, overrides.c.metrics_generator.max_active_series",
    ];
    for keys in keys {
        let told =
            format!("no effect with metrics_generator.limiter_type: entity, so nothing is limited by {keys}");
        assert!(config.notices().contains(&told), "{:?}", config.notices());
    }
}

#[test]
fn a_limit_of_entities_has_no_effect_where_series_are_limited_and_is_told() {
    let series =
        Config::from_yaml("overrides: {defaults: {metrics_generator: {max_active_entities: 5}}}").unwrap();
    assert!(
        series.notices()[0].ends_with("max_active_entities"),
        "{:?}",
        series.notices()
    );
}

#[test]
fn a_tls_version_of_pages_without_tls_is_told() {
    let certificate = "http_tls_config: {cert_file: c, key_file: k}";
    let is_told = |server: &str| {
        let config =
            Config::from_yaml(&format!("server: {{tls_min_version: VersionTLS13, {server}}}")).unwrap();
        config
            .notices()
            .iter()
            .any(|notice| notice.contains("pages are served without TLS"))
    };
    assert!(is_told("") && !is_told(certificate));
}

#[test]
fn a_file_in_which_nothing_is_written_is_a_mistake() {
    for text in ["", "\n", "# nothing yet\n", "---\n"] {
        let told = Config::from_yaml(MAIN).unwrap().with_overrides(text).unwrap_err();
        assert_eq!(
            told.to_string(),
            "line 1, column 1: nothing is written here; write `overrides: {}` when no tenant has settings of its own",
            "{text:?}"
        );
    }
}

#[test]
fn overrides_with_nothing_below_are_no_overrides() {
    for text in ["overrides:", "overrides: null", "overrides: {}"] {
        let config = with_overrides(text);
        assert_eq!(
            (config.override_entries(), config.tenants().count()),
            (0, 1),
            "{text}"
        );
    }
}

#[test]
fn entries_of_very_many_tenants_are_read() {
    let entries = (0..42_000)
        .map(|tenant| format!("  t{tenant}: {{metrics_generator: {{max_active_entities: {tenant}}}}}\n"));
    let config = with_overrides(&format!("overrides:\n{}", entries.collect::<String>()));
    assert_eq!(of(&config, "t41999").registry.limiter, Limiter::Entities(41_999));
}
