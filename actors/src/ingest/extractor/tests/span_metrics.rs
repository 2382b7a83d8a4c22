//! The rules of SPEC §3 by example, targets aside.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span, Status, span::SpanKind};
use prost::Message as _;
use spangraph_config::{DimensionMapping, Processors, SpanMetricsSettings};

use super::named_updates::{Labels, NamedUpdates};
use super::requests::{attribute, group, span, texts};
use super::rules::{spoilt, without_health};
use super::*;

/// Only span metrics are on, and of them all.
pub(super) fn settings(change: impl FnOnce(&mut SpanMetricsSettings)) -> TenantSettings {
    let mut settings = TenantSettings {
        processors: Processors {
            span_metrics_count: true,
            span_metrics_latency: true,
            span_metrics_size: true,
            ..Processors::default()
        },
        ..TenantSettings::default()
    };
    change(&mut settings.span_metrics);
    settings
}

pub(super) fn encoded(groups: Vec<ResourceSpans>) -> Vec<u8> {
    ExportTraceServiceRequest {
        resource_spans: groups,
    }
    .encode_to_vec()
}

fn extract(settings: &TenantSettings, request: &[u8]) -> (NamedUpdates, SpanCounts) {
    let extracted = Extractor::new(settings, 1).extract(request, NOW).unwrap();
    (NamedUpdates::of(&extracted.span_updates), extracted.counts)
}

pub(super) fn updates(settings: &TenantSettings, groups: Vec<ResourceSpans>) -> NamedUpdates {
    extract(settings, &encoded(groups)).0
}

fn app(spans: Vec<Span>) -> Vec<ResourceSpans> {
    vec![group(texts(&[("service.name", "app")]), spans)]
}

pub(super) fn values(values: &[Option<&str>]) -> Labels {
    values.iter().map(|value| value.map(str::to_owned)).collect()
}

fn internal() -> Span {
    span(SpanKind::Internal, Vec::new())
}

/// A span of no known kind or status, without a name, that ends before it starts.
fn odd() -> Span {
    Span {
        kind: 9,
        name: String::new(),
        status: Some(Status {
            code: -3,
            ..Status::default()
        }),
        start_time_unix_nano: NOW + 1,
        ..span(SpanKind::Client, Vec::new())
    }
}

/// The labels of an [`internal`] span and of an [`odd`] one of the service `app`.
fn labels_of_internal_and_odd() -> [Labels; 2] {
    let labels =
        |name, kind, status| values(&[Some("app"), name, Some(kind), Some(status), None, None, None]);
    [
        labels(Some("GET /"), "SPAN_KIND_INTERNAL", "STATUS_CODE_UNSET"),
        labels(None, "9", "-3"),
    ]
}

#[test]
fn spans_of_every_kind_count() {
    let request = encoded(app(vec![internal(), odd()]));
    let (updates, counts) = extract(&settings(|_| {}), &request);
    let observed = updates
        .observations
        .into_iter()
        .map(|one| (one.labels, one.seconds));
    let [internal, odd] = labels_of_internal_and_odd();
    assert_eq!(observed.collect::<Vec<_>>(), [(internal, 0.01), (odd, 0.0)]);
    assert_eq!(
        (counts.metrics_spans, counts.no_processor, counts.not_an_edge_half),
        (2, 0, 2)
    );
}

#[test]
fn spans_with_equal_labels_count_together() {
    let root = Span {
        parent_span_id: Vec::new(),
        ..internal()
    };
    let size = |span: &Span| f64::from(u32::try_from(span.encoded_len() + 2).unwrap());
    let sizes = size(&root) + size(&internal());
    let updates = updates(&settings(|_| {}), app(vec![root, odd(), internal()]));
    let entries = updates
        .entries
        .iter()
        .map(|entry| (entry.labels.clone(), entry.calls));
    let [internal, odd] = labels_of_internal_and_odd();
    assert_eq!(
        entries.collect::<Vec<_>>(),
        [(internal.clone(), 2.0), (odd.clone(), 1.0)]
    );
    assert_eq!(updates.entries[0].size_bytes, sizes);
    let observed = updates.observations.into_iter().map(|one| one.labels);
    assert_eq!(observed.collect::<Vec<_>>(), [internal.clone(), odd, internal]);
}

#[test]
fn spans_that_are_invalid_or_outside_the_slack_do_not_count() {
    let with = |change: fn(&mut Span)| {
        let mut span = span(SpanKind::Server, Vec::new());
        change(&mut span);
        span
    };
    let spans = vec![
        with(|span| span.trace_id = vec![1; 8]),
        with(|span| span.end_time_unix_nano = NOW - 60_000_000_000),
        with(|span| span.end_time_unix_nano = NOW + 60_000_000_000),
        with(|span| span.start_time_unix_nano = NOW - 58_000_000_000),
    ];
    let settings = settings(|metrics| metrics.enable_target_info = true);
    let (updates, counts) = extract(&settings, &encoded(app(spans)));
    assert_eq!(updates.entries.len(), 1);
    assert_eq!(updates.observations[0].seconds, 58.0);
    assert_eq!((counts.spans, counts.metrics_spans), (4, 1));
}

#[test]
fn a_span_without_service_name_counts_without_service() {
    let groups = vec![group(Vec::new(), vec![span(SpanKind::Server, Vec::new())])];
    let settings = TenantSettings {
        processors: Processors {
            service_graphs_request: true,
            span_metrics_count: true,
            ..Processors::default()
        },
        ..TenantSettings::default()
    };
    let (updates, counts) = extract(&settings, &encoded(groups));
    assert_eq!(updates.entries[0].labels[0], None);
    assert_eq!((counts.metrics_spans, counts.no_service_name), (1, 1));
}

#[test]
fn intrinsics_that_are_off_are_absent() {
    let settings = settings(|metrics| {
        let on = &mut metrics.intrinsic_dimensions;
        (
            on.service,
            on.span_name,
            on.span_kind,
            on.status_code,
            on.status_message,
        ) = (false, false, false, false, true);
    });
    let failed = Span {
        status: Some(Status {
            code: 2,
            message: "timed out".to_owned(),
        }),
        ..span(SpanKind::Client, Vec::new())
    };
    let updates = updates(&settings, app(vec![failed, span(SpanKind::Server, Vec::new())]));
    let labels: Vec<_> = updates.entries.iter().map(|entry| entry.labels.clone()).collect();
    let message = [None, None, None, None, Some("timed out"), None, None];
    assert_eq!(labels, [values(&message), values(&[None; 7])]);
}

/// The labels that dimensions and mappings give to a span and to one without attributes, in a resource with a zone.
fn labels_of_dimensions(change: impl FnOnce(&mut SpanMetricsSettings)) -> [Labels; 2] {
    let resource = texts(&[("service.name", "app"), ("zone", "z1"), ("empty", "")]);
    let attributes = [
        texts(&[("zone", "of span"), ("empty", "of span")]),
        vec![attribute("method", Value::IntValue(7))],
    ];
    let spans = vec![
        span(SpanKind::Internal, attributes.concat()),
        span(SpanKind::Internal, Vec::new()),
    ];
    let updates = updates(&settings(change), vec![group(resource, spans)]);
    // Intrinsics stand before them, job and instance behind.
    [0, 1].map(|entry| updates.entries[entry].labels[5..9].to_vec())
}

#[test]
fn dimensions_are_the_resources_and_else_the_spans() {
    let names = ["zone", "method", "empty", "missing"].map(str::to_owned);
    let [with, without] = labels_of_dimensions(|metrics| metrics.dimensions = names.to_vec());
    assert_eq!(with, values(&[Some("z1"), Some("7"), None, None]));
    assert_eq!(without, values(&[Some("z1"), None, None, None]));
}

#[test]
fn mappings_join_what_is_there() {
    let mapping = |sources: &[&str], join: &str| DimensionMapping {
        source_labels: sources.iter().map(|name| (*name).to_owned()).collect(),
        join: join.to_owned(),
        ..DimensionMapping::default()
    };
    let mappings = vec![
        mapping(&["zone"], ""),
        mapping(&["empty", "service.name", "missing", "zone", "method"], "/"),
        mapping(&["missing", "empty"], "/"),
        mapping(&["empty"], "/"),
    ];
    let [with, without] = labels_of_dimensions(|metrics| metrics.dimension_mappings = mappings);
    assert_eq!(with, values(&[Some("z1"), Some("app/z1/7"), None, None]));
    assert_eq!(without, values(&[Some("z1"), Some("app/z1"), None, None]));
}

#[test]
fn span_metrics_have_a_multiplier_and_filters_of_their_own() {
    let mut settings = settings(|metrics| {
        metrics.span_multiplier_key = Some("ratio".to_owned());
        metrics.filter_policies = without_health();
    });
    settings.processors.service_graphs_request = true;
    let health = Span {
        name: "/health".to_owned(),
        ..span(SpanKind::Server, Vec::new())
    };
    let ratio = vec![attribute("ratio", Value::DoubleValue(0.25))];
    let request = encoded(app(vec![health, span(SpanKind::Server, ratio)]));
    let extracted = Extractor::new(&settings, 1).extract(&request, NOW).unwrap();
    let (updates, counts) = (NamedUpdates::of(&extracted.span_updates), extracted.counts);
    assert_eq!((updates.entries.len(), updates.entries[0].calls), (1, 4.0));
    assert_eq!(updates.observations[0].weight, 4.0);
    assert_eq!((counts.metrics_spans, counts.metrics_filtered), (1, 1));
    let halves = named(&extracted.shards[0]);
    let multipliers: Vec<_> = halves.iter().map(|half| half.multiplier).collect();
    assert_eq!(
        multipliers,
        [1.0, 1.0],
        "service graphs have settings of their own"
    );
}

#[test]
fn text_that_is_no_utf8_costs_only_the_update_whose_label_it_would_be() {
    let mut settings = settings(|metrics| {
        metrics.dimensions = vec!["zone".to_owned()];
        metrics.enable_target_info = true;
    });
    settings.processors.service_graphs_request = true;
    settings.processors.host_info = true;
    let named_span = |name: &str, attributes: &[(&str, &str)]| Span {
        name: name.to_owned(),
        ..span(SpanKind::Client, texts(attributes))
    };
    let app = |more: &[(&str, &str)]| [texts(&[("service.name", "app")]), texts(more)].concat();
    let groups = vec![
        group(
            app(&[("host.id", "?")]),
            vec![
                named_span("bad ?", &[]),
                named_span("zoned", &[("zone", "?")]),
                named_span("valid", &[("peer.service", "?")]),
            ],
        ),
        group(
            app(&[("service.instance.id", "?")]),
            vec![named_span("other", &[])],
        ),
        group(texts(&[("service.name", "?")]), vec![named_span("fourth", &[])]),
    ];
    let (updates, counts) = extract(&settings, &spoilt(groups));
    assert_eq!((counts.metrics_spans, counts.metrics_invalid_utf8), (1, 4));
    assert_eq!((counts.half_edges, counts.invalid_utf8), (3, 2));
    assert_eq!(updates.entries[0].labels[1].as_deref(), Some("valid"));
    assert_eq!((updates.targets.len(), updates.hosts.len()), (0, 0));
    assert_eq!(
        counts.resource_info_dropped, 2,
        "the target and the host of the first resource"
    );
}

#[test]
fn halves_and_span_updates_share_one_table_of_texts() {
    let mut settings = settings(|_| {});
    settings.processors.service_graphs_request = true;
    let request = encoded(app(vec![span(SpanKind::Client, Vec::new())]));
    let extracted = Extractor::new(&settings, 2).extract(&request, NOW).unwrap();
    let shared = |shard: &HalfEdges| std::sync::Arc::ptr_eq(&shard.texts, &extracted.span_updates.texts);
    assert!(extracted.shards.iter().all(shared));
    let graphs_only = Extractor::new(&TenantSettings::default(), 2)
        .extract(&request, NOW)
        .unwrap();
    assert!(graphs_only.span_updates.is_empty());
    assert_eq!(graphs_only.counts.metrics_spans, 0);
}

#[test]
fn a_span_without_a_status_counts_the_two_bytes_of_an_empty_one_whichever_way_it_came() {
    let settings = settings(|_| {});
    let size = |request: &[u8]| extract(&settings, request).0.entries[0].size_bytes;
    let of_json = |status: &str| {
        let json = format!(
            r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"traceId":"{}","spanId":"{}","endTimeUnixNano":"{NOW}"{status}}}]}}]}}]}}"#,
            "01".repeat(16),
            "02".repeat(8),
        );
        let read = spangraph_proto::otlp_json::to_protobuf(json.as_bytes()).unwrap();
        size(&read.protobuf)
    };
    let with = |status| Span {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        end_time_unix_nano: NOW,
        status,
        ..Span::default()
    };
    let of_protobuf = |status| size(&encoded(app(vec![with(status)])));
    let empty = f64::from(u32::try_from(with(Some(Status::default())).encoded_len()).unwrap());
    assert_eq!((of_protobuf(None), of_json("")), (empty, empty));
    assert_eq!(of_protobuf(Some(Status::default())), empty);
    assert_eq!(
        (of_json(r#","status":{}"#), of_json(r#","status":null"#)),
        (empty, empty)
    );
    let failed = Some(Status {
        code: 2,
        ..Status::default()
    });
    assert_eq!(
        (of_protobuf(failed), of_json(r#","status":{"code":2}"#)),
        (empty + 2.0, empty + 2.0)
    );
}
