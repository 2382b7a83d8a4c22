//! The pages to scrape, rule by rule.

use spangraph_config::{HistogramKind, TenantSettings};

use super::super::decoded::{edge, edges, registry};
use super::super::registry::Registry;
use super::*;
use crate::edge::{Edge, Edges};

const NOW: i64 = 1_700_000_000_123;

fn page(registry: &Registry, format: ExpositionFormat) -> String {
    let mut out = String::new();
    registry.write_exposition(format, &mut out).unwrap();
    out
}

/// Only one bucket at 0.2 s, so that pages stay short.
fn settings() -> TenantSettings {
    let mut settings = TenantSettings::default();
    settings.service_graphs.histogram_buckets = vec![0.2, 1.0];
    settings
}

#[test]
fn prometheus_text_is_as_its_description_says() {
    let mut registry = registry(&settings());
    registry.apply(&edges(&[("shop", "cart")]), NOW);
    let expected = r#"# HELP traces_service_graph_request_total Calls between two services.
# TYPE traces_service_graph_request_total counter
traces_service_graph_request_total{client="shop",server="cart"} 1
# HELP traces_service_graph_request_server_seconds How long calls took as the called service saw it.
# TYPE traces_service_graph_request_server_seconds histogram
traces_service_graph_request_server_seconds_bucket{client="shop",server="cart",le="0.2"} 1
traces_service_graph_request_server_seconds_bucket{client="shop",server="cart",le="1"} 1
traces_service_graph_request_server_seconds_bucket{client="shop",server="cart",le="+Inf"} 1
traces_service_graph_request_server_seconds_sum{client="shop",server="cart"} 0.15
traces_service_graph_request_server_seconds_count{client="shop",server="cart"} 1
# HELP traces_service_graph_request_client_seconds How long calls took as the calling service saw it.
# TYPE traces_service_graph_request_client_seconds histogram
traces_service_graph_request_client_seconds_bucket{client="shop",server="cart",le="0.2"} 0
traces_service_graph_request_client_seconds_bucket{client="shop",server="cart",le="1"} 1
traces_service_graph_request_client_seconds_bucket{client="shop",server="cart",le="+Inf"} 1
traces_service_graph_request_client_seconds_sum{client="shop",server="cart"} 0.3
traces_service_graph_request_client_seconds_count{client="shop",server="cart"} 1
"#;
    assert_eq!(page(&registry, ExpositionFormat::PrometheusText), expected);
}

#[test]
fn open_metrics_names_counters_without_total_and_ends() {
    let mut registry = registry(&settings());
    registry.apply(&edges(&[("shop", "cart")]), NOW);
    let page = page(&registry, ExpositionFormat::OpenMetrics);
    assert!(page.starts_with(
        "# HELP traces_service_graph_request Calls between two services.\n\
         # TYPE traces_service_graph_request counter\n\
         traces_service_graph_request_total{client=\"shop\",server=\"cart\"} 1\n"
    ));
    assert!(page.contains("le=\"1.0\"} 1"), "{page}");
    assert!(page.ends_with("\n# EOF\n"));
}

#[test]
fn exemplars_stand_after_their_buckets_and_stay_after_they_were_sent() {
    let mut registry = registry(&settings());
    registry.apply(&edges(&[("shop", "cart")]), NOW);
    registry.collect(NOW + 5_000);
    let page = page(&registry, ExpositionFormat::OpenMetrics);
    let line = page
        .lines()
        .find(|line| line.contains("server_seconds_bucket") && line.contains("0.2"))
        .unwrap();
    let trace = "ab".repeat(16);
    assert!(
        line.ends_with(&format!("}} 1 # {{traceID=\"{trace}\"}} 0.15 1700000000.123")),
        "{line}"
    );
    assert_eq!(page.matches(" # {").count(), 2);
}

#[test]
fn values_are_escaped_and_names_are_made_readable() {
    let mut settings = settings();
    settings.registry.external_labels = [("9lives".to_owned(), "x".to_owned())].into();
    let mut registry = registry(&settings);
    registry.apply(&edges(&[("a\"b\\c\nd", "größe")]), NOW);
    let page = page(&registry, ExpositionFormat::PrometheusText);
    let expected = r#"traces_service_graph_request_total{_9lives="x",client="a\"b\\c\nd",server="größe"} 1"#;
    assert!(page.contains(expected), "{page}");
}

#[test]
fn metadata_stands_once_a_family_and_not_for_empty_ones() {
    let mut registry = registry(&settings());
    assert_eq!(page(&registry, ExpositionFormat::PrometheusText), "");
    assert_eq!(page(&registry, ExpositionFormat::OpenMetrics), "# EOF\n");
    registry.apply(&edges(&[("a", "b"), ("b", "c"), ("c", "d")]), NOW);
    let page = page(&registry, ExpositionFormat::PrometheusText);
    assert_eq!(page.matches("# TYPE").count(), 3);
    assert_eq!(page.matches("traces_service_graph_request_total{").count(), 3);
}

#[test]
fn numbers_that_are_not_finite_are_written_as_the_formats_say() {
    let mut registry = registry(&settings());
    let mut batch = Edges::default();
    let infinite = Edge {
        multiplier: f64::INFINITY,
        ..edge(&mut batch, "a", "b")
    };
    batch.edges.push(infinite);
    registry.apply(&batch, NOW);
    assert!(
        page(&registry, ExpositionFormat::PrometheusText)
            .contains("request_total{client=\"a\",server=\"b\"} +Inf")
    );
}

#[test]
fn a_native_histogram_is_a_classic_one_with_one_bucket_and_both_are_the_classic_one() {
    let mut settings = settings();
    settings.processors.service_graphs_request = false;
    let page_of = |settings: &TenantSettings| {
        let mut registry = registry(settings);
        registry.apply(&edges(&[("shop", "cart")]), NOW);
        page(&registry, ExpositionFormat::PrometheusText)
    };
    let classic = page_of(&settings);
    settings.registry.histograms.kind = HistogramKind::Both;
    assert_eq!(page_of(&settings), classic);
    settings.registry.histograms.kind = HistogramKind::Native;
    let native = page_of(&settings);
    let lines: Vec<_> = native.lines().skip(1).take(4).collect();
    let expected = [
        "# TYPE traces_service_graph_request_server_seconds histogram",
        r#"traces_service_graph_request_server_seconds_bucket{client="shop",server="cart",le="+Inf"} 1"#,
        r#"traces_service_graph_request_server_seconds_sum{client="shop",server="cart"} 0.15"#,
        r#"traces_service_graph_request_server_seconds_count{client="shop",server="cart"} 1"#,
    ];
    assert_eq!(lines, expected);
}
