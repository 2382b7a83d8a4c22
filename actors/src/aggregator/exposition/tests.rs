//! The pages to scrape, rule by rule.

use spangraph_config::{HistogramKind, TenantSettings};
use spangraph_test_support::exposition::Scrape;

use super::super::decoded::{edge, edges, registry};
use super::super::registry::Registry;
use super::*;
use crate::batches::{Edge, Edges};

const NOW: i64 = 1_700_000_000_123;

fn page(registry: &Registry, format: ExpositionFormat) -> String {
    registry.expose(format).unwrap()
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

/// A page that is written so many samples at a time, between which `meanwhile` happens to the registry.
fn sliced(
    registry: &mut Registry,
    mut page: Exposition,
    samples: usize,
    mut meanwhile: impl FnMut(&mut Registry, usize),
) -> (Exposition, usize) {
    let mut slices = 0;
    while !page.is_over() {
        registry.expose_slice(&mut page, 0, samples).unwrap();
        slices += 1;
        meanwhile(registry, slices);
    }
    (page, slices)
}

fn many(count: usize) -> Vec<(String, String)> {
    (0..count)
        .map(|number| (format!("c{number}"), format!("s{number}")))
        .collect()
}

fn apply(registry: &mut Registry, names: &[(String, String)], now: i64) {
    let pairs: Vec<_> = names
        .iter()
        .map(|(client, server)| (&**client, &**server))
        .collect();
    registry.apply(&edges(&pairs), now);
}

#[test]
fn a_page_in_slices_is_the_page_in_one_go() {
    for format in [ExpositionFormat::PrometheusText, ExpositionFormat::OpenMetrics] {
        let mut registry = registry(&settings());
        apply(&mut registry, &many(20), NOW);
        let whole = page(&registry, format);
        for samples in [1, 7, 100, usize::MAX] {
            let (page, slices) = sliced(&mut registry, Exposition::new(format), samples, |_, _| ());
            assert_eq!(page.into_page(), whole, "{samples}");
            assert_eq!(slices > 1, samples < usize::MAX, "{samples}");
        }
    }
}

#[test]
fn series_that_are_born_or_removed_meanwhile_make_no_page_wrong() {
    let mut settings = settings();
    settings.registry.stale_duration = std::time::Duration::from_millis(10);
    let mut registry = registry(&settings);
    apply(&mut registry, &many(20), NOW);
    let (page, _) = sliced(
        &mut registry,
        Exposition::new(ExpositionFormat::PrometheusText),
        5,
        |registry, slice| {
            // The first half ends again and again, while others come.
            let now = NOW + i64::try_from(slice).unwrap() * 20;
            apply(registry, &many(20)[10..], now);
            registry.evict(now);
            if slice < 3 {
                apply(registry, &many(10), now);
            }
        },
    );
    let page = Scrape::parse(&page.into_page()).expect("no series is there twice");
    for number in 10..20 {
        let client = format!("c{number}");
        let labels = [("client", client.as_str())];
        let calls = page.select("traces_service_graph_request_total", &labels);
        assert_eq!(calls.count(), 1, "{client}");
    }
}

#[test]
fn a_page_is_written_in_the_end_though_series_are_removed_after_each_slice() {
    let mut settings = settings();
    settings.registry.stale_duration = std::time::Duration::from_millis(10);
    let mut registry = registry(&settings);
    apply(&mut registry, &many(200), NOW);
    let (page, slices) = sliced(
        &mut registry,
        Exposition::new(ExpositionFormat::PrometheusText),
        100,
        |registry, slice| {
            let now = NOW + i64::try_from(slice).unwrap() * 20;
            apply(registry, &many(200), now);
            apply(registry, &[("gone".to_owned(), slice.to_string())], now - 20);
            registry.evict(now);
        },
    );
    assert!(slices > 4, "{slices} slices");
    let page = Scrape::parse(&page.into_page()).unwrap();
    let calls = page.select("traces_service_graph_request_total", &[]);
    assert!(calls.count() >= 200);
}

#[test]
fn pages_of_several_tenants_are_put_together_by_metric_with_the_tenant_as_a_label() {
    let mut settings = settings();
    settings.registry.external_labels = [("tenant".to_owned(), "mine".to_owned())].into();
    let labelled = |name: &str, client: &str| {
        let mut registry = registry(&settings);
        registry.apply(&edges(&[(client, "cart")]), NOW);
        let page = Exposition::new(ExpositionFormat::OpenMetrics).labelled(TenantId::parse(name).unwrap());
        sliced(&mut registry, page, 1, |_, _| ()).0
    };
    let merged = Exposition::merge(
        ExpositionFormat::OpenMetrics,
        &[labelled("a", "shop"), labelled("b", "bank")],
    );
    assert_eq!(
        merged
            .matches("# TYPE traces_service_graph_request counter\n")
            .count(),
        1
    );
    assert_eq!(merged.matches("# EOF\n").count(), 1);
    let totals: Vec<_> = merged
        .lines()
        .filter(|line| line.starts_with("traces_service_graph_request_total"))
        .collect();
    assert!(
        totals[0].starts_with("traces_service_graph_request_total{tenant=\"a\",")
            && totals[0].contains("shop")
    );
    assert!(
        totals[1].contains("{tenant=\"b\",") && totals[1].contains("exported_tenant=\"mine\""),
        "{totals:?}"
    );
    let kinds: Vec<_> = merged.lines().filter(|line| line.starts_with("# TYPE")).collect();
    let mut sorted = kinds.clone();
    sorted.dedup();
    assert_eq!(kinds, sorted);
}
