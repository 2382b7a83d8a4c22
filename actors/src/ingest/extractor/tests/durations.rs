//! What spans give whose durations cannot be.

use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind};
use prost::Message as _;
use spangraph_config::Processors;

use super::named_updates::NamedUpdates;
use super::requests::{group, span, texts};
use super::span_metrics::encoded;
use super::*;

const HOUR: u64 = 3_600 * 1_000_000_000;

fn settings(observe_impossible_durations: bool) -> TenantSettings {
    TenantSettings {
        processors: Processors {
            span_metrics_count: true,
            span_metrics_latency: true,
            span_metrics_size: true,
            ..TenantSettings::default().processors
        },
        observe_impossible_durations,
        ..TenantSettings::default()
    }
}

fn extract(settings: &TenantSettings, starts: &[u64]) -> (NamedUpdates, Vec<Option<f64>>, SpanCounts) {
    let of_start = |start: &u64| Span {
        start_time_unix_nano: *start,
        ..span(SpanKind::Client, Vec::new())
    };
    let group = group(
        texts(&[("service.name", "app")]),
        starts.iter().map(of_start).collect(),
    );
    let request = encoded(vec![group]);
    let extracted = Extractor::new(settings, 1).extract(&request, NOW).unwrap();
    let halves = named(&extracted.shards[0]);
    (
        NamedUpdates::of(&extracted.span_updates),
        halves.iter().map(|half| half.latency).collect(),
        extracted.counts,
    )
}

#[test]
fn a_span_whose_duration_cannot_be_counts_and_is_not_observed() {
    let (updates, latencies, counts) =
        extract(&settings(false), &[0, NOW - 1_000_000_000, NOW - 25 * HOUR, 1]);
    assert_eq!(updates.entries[0].calls, 4.0);
    assert!(
        updates.entries[0].size_bytes
            > 4.0 * f64::from(u32::try_from(Span::default().encoded_len()).unwrap())
    );
    let observed: Vec<_> = updates
        .observations
        .iter()
        .map(|observed| observed.seconds)
        .collect();
    assert_eq!(observed, [1.0]);
    assert_eq!(latencies, [None, Some(1.0), None, None]);
    assert_eq!((counts.half_edges, counts.metrics_spans), (4, 4));
    assert_eq!((counts.no_start, counts.too_long), (1, 2));
}

#[test]
fn a_setting_observes_it_all_the_same_and_it_is_still_counted() {
    let (updates, latencies, counts) = extract(&settings(true), &[0, NOW - 25 * HOUR]);
    assert_eq!(updates.observations.len(), 2);
    assert_eq!(latencies, [Some(1.7e9), Some(90_000.0)]);
    assert_eq!((counts.no_start, counts.too_long), (1, 1));
}

#[test]
fn spans_outside_of_the_slack_are_not_counted_here() {
    let mut request = encoded(vec![group(
        texts(&[("service.name", "app")]),
        vec![Span {
            start_time_unix_nano: 0,
            end_time_unix_nano: NOW - HOUR,
            ..span(SpanKind::Client, Vec::new())
        }],
    )]);
    request.extend(encoded(vec![group(
        texts(&[]),
        vec![span(SpanKind::Client, Vec::new())],
    )]));
    let counts = Extractor::new(&settings(false), 1)
        .extract(&request, NOW)
        .unwrap()
        .counts;
    assert_eq!(
        (counts.too_old, counts.no_start, counts.too_long, counts.spans),
        (1, 0, 0, 2)
    );
}
