//! Native histograms, from edges to what the generated messages decode.

use std::collections::BTreeMap;
use std::time::Duration;

use spangraph_config::{Config, HistogramKind, Processors, TenantId, TenantSettings};
use spangraph_test_support::remote_write::STALE_MARKER_BITS;

use super::MINUTE;
use crate::aggregator::ExpositionFormat;
use crate::aggregator::decoded::{Native, decode, edges, registry};
use crate::batches::{Edges, Latency};

const SERVER: &str = "traces_service_graph_request_server_seconds{client=\"a\",server=\"b\"}";

fn settings(kind: HistogramKind) -> TenantSettings {
    let mut settings = TenantSettings {
        processors: Processors {
            service_graphs_latency: true,
            ..Processors::default()
        },
        ..TenantSettings::default()
    };
    settings.registry.histograms.kind = kind;
    settings.registry.stale_duration = Duration::from_secs(60);
    settings
}

/// Calls with these latencies at the server, each weighted.
fn calls(latencies: &[(f64, f64)]) -> Edges {
    let mut batch = edges(&vec![("a", "b"); latencies.len()]);
    for (edge, (seconds, weight)) in batch.edges.iter_mut().zip(latencies) {
        edge.server_latency = Latency::of_seconds(*seconds);
        edge.multiplier = *weight;
        edge.trace_id = [7; 16];
    }
    batch
}

#[test]
fn a_native_histogram_is_one_series_and_is_what_tempo_wrote() {
    let mut registry = registry(&settings(HistogramKind::Native));
    registry.apply(&calls(&[(0.12, 1.0), (0.0, 1.0), (0.002, 1.0)]), MINUTE);
    assert_eq!(registry.stats().series.active, 2);
    let collected = registry.collect(MINUTE + 15_000);
    let ends = collected.chunks.iter().flat_map(|chunk| chunk.ends.iter());
    let told: u32 = ends.map(|end| end.exemplars).sum();
    let decoded = decode(&collected);
    let carried: usize = decoded
        .natives
        .values()
        .map(|native| native.exemplars.len())
        .sum();
    assert!(carried > 3 && told as usize == carried, "{told} of {carried}");
    assert!(decoded.seeds.is_empty() && decoded.samples.is_empty() && decoded.exemplars.is_empty());
    assert_eq!(decoded.natives.len(), 2);
    let trace = format!("traceID={}", "07".repeat(16));
    let expected = Native {
        count: 3,
        sum: 0.122,
        schema: 3,
        zero: 1,
        buckets: BTreeMap::from([(-71, 1), (-24, 1)]),
        timestamp: MINUTE + 15_000,
        exemplars: vec![(trace.clone(), 0.0), (trace.clone(), 0.002), (trace, 0.12)],
    };
    assert_eq!(decoded.natives[SERVER], expected);
    let again = decode(&registry.collect(MINUTE + 30_000));
    assert_eq!(again.natives[SERVER].count, 3);
    assert!(again.natives[SERVER].exemplars.is_empty());
}

/// Settings with an endpoint for each of these answers to whether it wants exemplars.
fn with_endpoints(wants: &[bool]) -> TenantSettings {
    let endpoints = wants
        .iter()
        .map(|wants| format!("{{url: \"http://{wants}/push\", send_exemplars: {wants}}}"));
    let endpoints = endpoints.collect::<Vec<_>>().join(", ");
    let file = format!("metrics_generator: {{storage: {{remote_write: [{endpoints}]}}}}");
    let config = Config::from_yaml(&file).unwrap();
    TenantSettings {
        remote_write: config.tenant(&TenantId::single()).remote_write,
        ..settings(HistogramKind::Both)
    }
}

#[test]
fn exemplars_are_collected_when_an_endpoint_wants_them_and_a_reload_is_followed() {
    let mut registry = registry(&with_endpoints(&[false]));
    let mut now = MINUTE;
    for (wants, collected) in [
        (&[false][..], false),
        (&[false, true], true),
        (&[false], false),
        (&[true], true),
        (&[], true),
    ] {
        registry.reconfigure(&with_endpoints(wants), &TenantId::single(), now);
        registry.apply(&calls(&[(0.12, 1.0), (1.5, 1.0)]), now);
        now += 15_000;
        let written = registry.collect(now);
        let ends = written.chunks.iter().flat_map(|chunk| chunk.ends.iter());
        let told: u32 = ends.map(|end| end.exemplars).sum();
        let decoded = decode(&written);
        let native = decoded.natives[SERVER].exemplars.len();
        assert_eq!(decoded.natives.len(), 2, "histograms come in any case");
        let expected = if collected { (3, 2, 3) } else { (0, 0, 0) };
        assert_eq!((decoded.exemplars.len(), native, told), expected, "{wants:?}");
        let page = registry.expose(ExpositionFormat::OpenMetrics).unwrap();
        assert!(page.contains("# {traceID="), "they are there to scrape");
    }
}

#[test]
fn both_kinds_are_of_the_same_observations() {
    let mut registry = registry(&settings(HistogramKind::Both));
    registry.apply(&calls(&[(0.12, 1.5), (1.5, 1.0)]), MINUTE);
    assert_eq!(registry.stats().series.active, 2 * 12);
    let decoded = decode(&registry.collect(MINUTE + 15_000));
    assert_eq!(decoded.seeds.len(), 2 * 11);
    assert_eq!(decoded.natives[SERVER].count, 3);
    let labels = "{client=\"a\",server=\"b\"}";
    let classic = |suffix: &str| decoded.samples[&SERVER.replace(labels, &format!("{suffix}{labels}"))].0;
    assert_eq!(
        (classic("_count"), classic("_sum")),
        (3.0, decoded.natives[SERVER].sum)
    );
}

#[test]
fn a_stale_native_histogram_ends_with_a_marker() {
    let mut registry = registry(&settings(HistogramKind::Both));
    registry.apply(&calls(&[(0.12, 1.0)]), MINUTE);
    registry.collect(MINUTE + 15_000);
    let last = decode(&registry.collect(MINUTE + 60_000));
    assert_eq!((last.natives.len(), last.samples.len()), (2, 2 * 11));
    assert_eq!(last.natives[SERVER].sum.to_bits(), STALE_MARKER_BITS);
    assert_eq!(last.natives[SERVER].timestamp, MINUTE + 60_000);
    assert!(registry.collect(MINUTE + 75_000).chunks.is_empty());
    assert_eq!(registry.stats().series.active, 0);
}
