//! The rules of SPEC §1 and §2 by example.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span, span::SpanKind};
use prost::Message as _;
use spangraph_config::{
    FilterKey, FilterPolicy, Intrinsic, MatchAttribute, MatchValue, PolicyMatch, Processors,
    ServiceGraphsSettings,
};

use super::requests::{attribute, group, span, texts};
use super::*;

pub(super) fn extract(settings: &TenantSettings, groups: Vec<ResourceSpans>) -> (Vec<NamedHalf>, SpanCounts) {
    let request = ExportTraceServiceRequest {
        resource_spans: groups,
    };
    let extracted = Extractor::new(settings, 1)
        .extract(&request.encode_to_vec(), NOW)
        .unwrap();
    (named(&extracted.shards[0]), extracted.counts)
}

/// The half of one span of the service `app`.
pub(super) fn half(settings: &TenantSettings, resource: &[(&str, &str)], span: Span) -> NamedHalf {
    let resource = [texts(&[("service.name", "app")]), texts(resource)].concat();
    extract(settings, vec![group(resource, vec![span])])
        .0
        .pop()
        .unwrap()
}

pub(super) fn client(attributes: &[(&str, &str)]) -> NamedHalf {
    half(
        &TenantSettings::default(),
        &[],
        span(SpanKind::Client, texts(attributes)),
    )
}

pub(super) fn graphs(change: impl FnOnce(&mut ServiceGraphsSettings)) -> TenantSettings {
    let mut settings = TenantSettings::default();
    change(&mut settings.service_graphs);
    settings
}

#[test]
fn the_kind_of_span_makes_the_connection() {
    let of = |kind, attributes: &[(&str, &str)]| {
        let half = half(&TenantSettings::default(), &[], span(kind, texts(attributes)));
        (half.kind, half.connection, half.database)
    };
    let database = &[("db.name", "n")];
    assert_eq!(
        of(SpanKind::Server, database),
        (EdgeKind::Server, Connection::Unset, None)
    );
    assert_eq!(
        of(SpanKind::Consumer, database),
        (EdgeKind::Consumer, Connection::MessagingSystem, None)
    );
    assert_eq!(
        of(SpanKind::Producer, &[]),
        (EdgeKind::Producer, Connection::MessagingSystem, None)
    );
    let named = Some("n".to_owned());
    assert_eq!(
        of(SpanKind::Producer, database),
        (EdgeKind::Producer, Connection::Database, named)
    );
}

#[test]
fn dimensions_are_the_resources_and_else_the_spans() {
    let names = ["http.method", "cluster", "missing"].map(str::to_owned).to_vec();
    let settings = graphs(|graphs| graphs.dimensions = names);
    let span = span(
        SpanKind::Client,
        texts(&[("http.method", "GET"), ("cluster", "of span")]),
    );
    let half = half(&settings, &[("cluster", "c1")], span);
    assert_eq!(
        half.dimensions,
        [Some("GET".to_owned()), Some("c1".to_owned()), None]
    );
}

#[test]
fn a_service_name_of_any_type_takes_part_and_a_missing_one_does_not() {
    let one = || vec![span(SpanKind::Client, Vec::new())];
    let groups = vec![
        group(vec![attribute("service.name", Value::IntValue(42))], one()),
        group(texts(&[("service.name", "")]), one()),
        group(texts(&[("host.name", "h")]), one()),
        ResourceSpans {
            resource: None,
            ..group(Vec::new(), one())
        },
    ];
    let (halves, counts) = extract(&TenantSettings::default(), groups);
    let services: Vec<_> = halves.iter().map(|half| half.service.as_deref()).collect();
    assert_eq!(services, [Some("42"), Some("")]);
    assert_eq!(
        (counts.spans, counts.half_edges, counts.no_service_name),
        (4, 2, 2)
    );
}

#[test]
fn an_invalid_span_costs_only_itself() {
    let service = texts(&[("service.name", "app")]);
    let invalid = Span {
        trace_id: vec![1; 8],
        ..span(SpanKind::Client, Vec::new())
    };
    let spans = vec![
        invalid,
        span(SpanKind::Client, Vec::new()),
        span(SpanKind::Internal, Vec::new()),
    ];
    let (halves, counts) = extract(&TenantSettings::default(), vec![group(service, spans)]);
    assert_eq!(halves.len(), 1);
    assert_eq!((counts.spans, counts.invalid, counts.not_an_edge_half), (3, 1, 1));
    let reason = counts.invalid_reason.unwrap().to_string();
    assert_eq!(reason, "trace_id must be 16 bytes and not all zero, got 8 bytes");
}

#[test]
fn without_service_graphs_no_half_is_made() {
    let settings = TenantSettings {
        processors: Processors::default(),
        ..TenantSettings::default()
    };
    let groups = vec![
        group(
            texts(&[("service.name", "app")]),
            vec![span(SpanKind::Client, Vec::new())],
        ),
        group(
            Vec::new(),
            vec![
                span(SpanKind::Client, Vec::new()),
                span(SpanKind::Internal, Vec::new()),
            ],
        ),
    ];
    let (halves, counts) = extract(&settings, groups);
    assert_eq!(halves, []);
    assert_eq!(
        (
            counts.no_processor,
            counts.no_service_name,
            counts.not_an_edge_half
        ),
        (1, 1, 1)
    );
}

/// Replaces the text `?` of an encoded request by a byte that is no UTF-8.
pub(super) fn spoilt(groups: Vec<ResourceSpans>) -> Vec<u8> {
    let encoded = ExportTraceServiceRequest {
        resource_spans: groups,
    }
    .encode_to_vec();
    encoded
        .into_iter()
        .map(|byte| if byte == b'?' { 0xff } else { byte })
        .collect()
}

#[test]
fn text_that_is_no_utf8_costs_the_span_whose_label_it_would_be() {
    let settings = graphs(|graphs| graphs.dimensions = vec!["zone".to_owned()]);
    let with = |attributes: &[(&str, &str)]| span(SpanKind::Client, texts(attributes));
    let service = |name: &str| texts(&[("service.name", name)]);
    let groups = vec![
        group(
            service("app"),
            vec![
                with(&[("peer.service", "?")]),
                with(&[("zone", "?")]),
                with(&[("db.name", "?")]),
            ],
        ),
        group(
            service("app"),
            vec![with(&[("other", "?")]), with(&[("peer.service", "fine")])],
        ),
        group(
            service("?"),
            vec![with(&[]), span(SpanKind::Internal, Vec::new())],
        ),
        group(
            [service("app"), texts(&[("zone", "?")])].concat(),
            vec![with(&[])],
        ),
    ];
    let extracted = Extractor::new(&settings, 1)
        .extract(&spoilt(groups), NOW)
        .unwrap();
    let counts = &extracted.counts;
    assert_eq!(
        (counts.invalid_utf8, counts.half_edges, counts.not_an_edge_half),
        (5, 2, 1)
    );
    let halves = named(&extracted.shards[0]);
    let peers: Vec<_> = halves.iter().map(|half| half.peer.as_deref()).collect();
    assert_eq!(peers, [None, Some("fine")]);
}

#[test]
fn the_shards_of_a_request_share_one_table_of_texts() {
    let spans = (1..=50).map(|trace| Span {
        trace_id: vec![trace; 16],
        ..span(SpanKind::Client, Vec::new())
    });
    let groups = vec![group(texts(&[("service.name", "app")]), spans.collect())];
    let request = ExportTraceServiceRequest {
        resource_spans: groups,
    }
    .encode_to_vec();
    let extracted = Extractor::new(&TenantSettings::default(), 3)
        .extract(&request, NOW)
        .unwrap();
    assert!(extracted.shards.iter().all(|shard| !shard.halves.is_empty()));
    assert!(
        extracted
            .shards
            .iter()
            .all(|shard| std::sync::Arc::ptr_eq(&shard.texts, &extracted.shards[0].texts))
    );
    assert_eq!(extracted.shards[0].texts.iter().collect::<Vec<_>>(), ["", "app"]);
}

#[test]
fn nothing_of_a_malformed_request_is_given_out() {
    let groups = vec![group(
        texts(&[("service.name", "app")]),
        vec![span(SpanKind::Client, Vec::new())],
    )];
    let mut request = ExportTraceServiceRequest {
        resource_spans: groups,
    }
    .encode_to_vec();
    request.extend([0x0a, 5, 1]);
    let extracted = Extractor::new(&TenantSettings::default(), 1).extract(&request, NOW);
    assert_eq!(extracted.unwrap_err(), DecodeError::Truncated);
}

/// A policy against spans of which `key` is the text `value`.
pub(super) fn excluding(key: FilterKey, value: &str) -> Vec<FilterPolicy> {
    let value = MatchValue::String(value.to_owned());
    let attributes = vec![MatchAttribute { key, value }];
    vec![FilterPolicy {
        exclude: Some(PolicyMatch { attributes }),
        ..FilterPolicy::default()
    }]
}

pub(super) fn without_health() -> Vec<FilterPolicy> {
    excluding(FilterKey::Intrinsic(Intrinsic::Name), "/health")
}

/// A span that [`without_health`] is against, with a dimension that is no UTF-8 once it is spoilt.
fn health(kind: SpanKind) -> Span {
    Span {
        name: "/health".to_owned(),
        ..span(kind, texts(&[("zone", "?")]))
    }
}

fn root(kind: SpanKind) -> Span {
    Span {
        parent_span_id: Vec::new(),
        ..health(kind)
    }
}

fn extract_without_health(spans: Vec<Span>) -> (Vec<NamedHalf>, SpanCounts) {
    let settings = graphs(|graphs| {
        graphs.dimensions = vec!["zone".to_owned()];
        graphs.filter_policies = without_health();
    });
    let request = spoilt(vec![group(texts(&[("service.name", "app")]), spans)]);
    let extracted = Extractor::new(&settings, 1).extract(&request, NOW).unwrap();
    (named(&extracted.shards[0]), extracted.counts)
}

#[test]
fn a_filtered_span_leaves_a_marker_unless_it_is_a_servers_root() {
    let (halves, counts) = extract_without_health(vec![
        health(SpanKind::Server),
        root(SpanKind::Server),
        root(SpanKind::Consumer),
        root(SpanKind::Client),
        span(SpanKind::Client, Vec::new()),
    ]);
    let marks = |half: &NamedHalf| (half.filtered, half.key.span_id, half.kind);
    let markers: Vec<_> = halves.iter().map(marks).collect();
    let (server, client) = ((true, [3; 8], EdgeKind::Server), (true, [2; 8], EdgeKind::Client));
    assert_eq!(markers, [server, client, (false, [2; 8], EdgeKind::Client)]);
    assert_eq!(halves[0].dimensions, [None]);
    assert_eq!(
        (counts.filtered, counts.filtered_root, counts.half_edges),
        (2, 2, 3)
    );
}

#[test]
fn filters_come_after_the_kind_and_before_the_texts() {
    let spans = vec![health(SpanKind::Server), health(SpanKind::Internal)];
    let (_, counts) = extract_without_health(spans);
    assert_eq!(
        (counts.not_an_edge_half, counts.filtered, counts.invalid_utf8),
        (1, 1, 0)
    );
}
