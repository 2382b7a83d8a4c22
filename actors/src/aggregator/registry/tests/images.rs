//! Collections of images against those of a live registry that had the same updates.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use spangraph_config::{HistogramKind, TenantSettings};

use super::MINUTE;
use crate::aggregator::decoded::{Span, edges, registry, spans};
use crate::aggregator::durable::RegistryImage;
use crate::aggregator::exposition::{Exposition, ExpositionFormat};
use crate::aggregator::registry::Registry;
use crate::batches::{ChunkKind, Collected};

/// What happens to registries.
#[derive(Clone, Debug)]
pub enum Step {
    /// Edges between these clients and servers, of a latency of so many 64ths of a second.
    Edges(Vec<(u8, u8)>, u8),
    /// Spans of these services and names.
    Spans(Vec<(u8, u8)>),
    /// So many milliseconds go by.
    Wait(u32),
    Collect,
    Evict,
}

pub fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (vec((0u8..5, 0u8..4), 0..5), any::<u8>()).prop_map(|(pairs, latency)| Step::Edges(pairs, latency)),
        3 => vec((0u8..3, 0u8..4), 0..5).prop_map(Step::Spans),
        3 => (1u32..40_000).prop_map(Step::Wait),
        4 => Just(Step::Collect),
        1 => Just(Step::Evict),
    ]
}

pub fn settings() -> TenantSettings {
    let mut settings = TenantSettings::default();
    settings.registry.histograms.kind = HistogramKind::Both;
    settings.registry.histograms.native_max_bucket_number = 3;
    settings.registry.histograms.native_min_reset_duration = Duration::from_secs(40);
    settings.registry.stale_duration = Duration::from_secs(30);
    settings.service_graphs.histogram_buckets = vec![0.2, 1.0];
    settings.span_metrics.histogram_buckets = vec![0.2];
    settings.processors.service_graphs_connection_info = true;
    settings.processors.span_metrics_count = true;
    settings.processors.span_metrics_latency = true;
    settings
}

/// Applies an update, which comes at `now`.
pub fn apply(registry: &mut Registry, step: &Step, now: i64) {
    match step {
        Step::Edges(pairs, latency) => {
            let names: Vec<_> = pairs
                .iter()
                .map(|(client, server)| (format!("c{client}"), format!("s{server}")))
                .collect();
            let pairs: Vec<_> = names
                .iter()
                .map(|(client, server)| (&**client, &**server))
                .collect();
            let mut batch = edges(&pairs);
            for edge in &mut batch.edges {
                edge.server_latency = crate::batches::Latency::of_seconds(f64::from(*latency) / 64.0);
                edge.failed = latency % 3 == 0;
                edge.trace_id = [*latency; 16];
            }
            registry.apply(&batch, now);
        }
        Step::Spans(pairs) => {
            let names: Vec<_> = pairs
                .iter()
                .map(|(service, name)| [format!("s{service}"), format!("GET /{name}/x")])
                .collect();
            let rows: Vec<_> = names
                .iter()
                .map(|[service, name]| [service.as_str(), name, "", "", "", "", ""])
                .collect();
            let batch: Vec<_> = rows
                .iter()
                .map(|labels| Span {
                    labels,
                    seconds: 0.25,
                    weight: 1.0,
                })
                .collect();
            registry.apply_spans(&spans(&batch), now);
        }
        Step::Evict => registry.evict(now),
        Step::Wait(_) | Step::Collect => {}
    }
}

/// What a chunk holds, to be compared: its kind, its lane, and its bytes before compression.
type Written = Vec<(ChunkKind, usize, Vec<u8>, i64)>;

pub fn written(collected: &Collected) -> Written {
    let chunks = collected.chunks.iter();
    chunks
        .map(|chunk| {
            let bytes = chunk.series.decompress().unwrap();
            (chunk.kind, chunk.lane, bytes, chunk.collected_unix_milliseconds)
        })
        .collect()
}

/// What an image collects.
pub fn collected(image: &RegistryImage) -> Collected {
    let mut chunks = Vec::new();
    image.collect(&mut |part| {
        assert_eq!(part.continues, !chunks.is_empty());
        chunks.extend(part.chunks);
    });
    chunks.into()
}

proptest! {
    #[test]
    fn an_image_collects_what_the_registry_would_have_at_the_cut(steps in vec(step(), 1..60)) {
        let (mut live, mut frozen) = (registry(&settings()), registry(&settings()));
        let mut now = MINUTE;
        let mut waiting: Option<(Collected, RegistryImage)> = None;
        for step in steps {
            now += 2;
            if let Step::Wait(milliseconds) = step {
                now += i64::from(milliseconds);
            }
            apply(&mut live, &step, now);
            apply(&mut frozen, &step, now);
            if let Some((expected, image)) = waiting.take() {
                prop_assert_eq!(written(&collected(&image)), written(&expected));
            }
            if matches!(step, Step::Collect) {
                waiting = Some((live.collect(now), frozen.freeze(now, true)));
                frozen.forget_slice(usize::MAX);
            } else {
                prop_assert!(collected(&frozen.freeze(now, false)).chunks.is_empty());
            }
            let (ours, theirs) = (live.stats(), frozen.stats());
            prop_assert_eq!((ours.series, ours.label_sets, ours.keys), (theirs.series, theirs.label_sets, theirs.keys));
            prop_assert_eq!(live.last_collected(), frozen.last_collected());
        }
    }
}

/// The page that an image gives to scrape.
fn page(image: &RegistryImage, format: ExpositionFormat) -> String {
    let mut page = Exposition::new(format);
    image.expose(&mut page).unwrap();
    assert!(page.is_over());
    page.into_page()
}

proptest! {
    #[test]
    fn an_image_shows_the_page_that_the_registry_showed_at_the_cut(steps in vec(step(), 1..40)) {
        let formats = [ExpositionFormat::PrometheusText, ExpositionFormat::OpenMetrics];
        let mut registry = registry(&settings());
        let mut now = MINUTE;
        let mut before: Option<(RegistryImage, [String; 2])> = None;
        for step in steps {
            now += 2;
            if let Step::Wait(milliseconds) = step {
                now += i64::from(milliseconds);
            }
            apply(&mut registry, &step, now);
            if let Some((image, expected)) = before.take() {
                prop_assert_eq!(formats.map(|format| page(&image, format)), expected);
            }
            let image = registry.freeze(now, matches!(step, Step::Collect));
            before = Some((image, formats.map(|format| registry.expose(format).unwrap())));
        }
    }
}

#[test]
fn an_image_of_a_large_registry_is_handed_on_in_parts_that_another_thread_collects() {
    let mut registry = registry(&TenantSettings::default());
    let names: Vec<_> = (0..3_000).map(|number| format!("service-{number}")).collect();
    let pairs: Vec<_> = names.iter().map(|name| (name.as_str(), "database")).collect();
    registry.apply(&edges(&pairs), MINUTE);
    let image = registry.freeze(MINUTE + 15_000, true);
    registry.apply(&edges(&pairs), MINUTE + 15_001);
    let parts = std::thread::spawn(move || {
        let mut parts = Vec::new();
        image.collect(&mut |part| parts.push(part));
        parts
    });
    let parts = parts.join().unwrap();
    assert!(parts.len() > 2, "{}", parts.len());
    let continues: Vec<_> = parts.iter().skip(1).map(|part| part.continues).collect();
    assert!(continues.iter().all(|continues| *continues) && !parts[0].continues);
    let samples: usize = parts
        .iter()
        .flat_map(|part| &part.chunks)
        .filter(|chunk| chunk.kind == ChunkKind::Samples)
        .map(crate::batches::Chunk::samples)
        .sum();
    assert_eq!(samples, 3_000 * 23);
}
