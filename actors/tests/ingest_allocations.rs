//! Memory is taken for a request, not for each of its spans.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, span::SpanKind};
use prost::Message as _;
use spangraph_actors::ingest::Extractor;
use spangraph_config::{DimensionMapping, TenantSettings};

const NOW: u64 = 1_700_000_000_000_000_000;

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..Default::default()
    }
}

fn span(number: u8) -> Span {
    Span {
        trace_id: vec![number; 16],
        span_id: vec![number; 8],
        name: "GET /cart".to_owned(),
        kind: if number.is_multiple_of(2) {
            SpanKind::Client
        } else {
            SpanKind::Server
        } as i32,
        end_time_unix_nano: NOW,
        attributes: vec![
            attribute("peer.service", Value::StringValue(format!("peer-{}", number % 5))),
            attribute("zone", Value::DoubleValue(f64::from(number % 7))),
            attribute("http.route", Value::StringValue("/cart".to_owned())),
        ],
        ..Default::default()
    }
}

fn allocations(extractor: &Extractor, spans: u8) -> u64 {
    let attributes = vec![attribute("service.name", Value::StringValue("shop".to_owned()))];
    let group = ResourceSpans {
        resource: Some(Resource {
            attributes,
            ..Default::default()
        }),
        scope_spans: vec![ScopeSpans {
            spans: (1..=spans).map(span).collect(),
            ..Default::default()
        }],
        ..Default::default()
    };
    let request = ExportTraceServiceRequest {
        resource_spans: vec![group],
    }
    .encode_to_vec();
    let mut extracted = None;
    let measured = allocation_counter::measure(|| extracted = extractor.extract(&request, NOW).ok());
    let halves = extracted.map(|extracted| extracted.counts.half_edges);
    assert_eq!(halves, Some(u64::from(spans)));
    measured.count_total
}

#[test]
fn ten_times_the_spans_take_only_the_longer_arrays_more() {
    let mut settings = TenantSettings::default();
    settings.service_graphs.dimensions = vec!["zone".to_owned()];
    let extractor = Extractor::new(&settings, 2);
    let (few, many) = (allocations(&extractor, 20), allocations(&extractor, 200));
    // Both arrays of each shard double about log2(10) times.
    assert!(
        many <= few + 2 * 2 * 4,
        "{few} allocations for 20 spans, {many} for 200"
    );
}

#[test]
fn span_metrics_take_only_longer_arrays_too() {
    let mut settings = TenantSettings::default();
    settings.processors.span_metrics_count = true;
    settings.processors.host_info = true;
    settings.span_metrics.enable_target_info = true;
    settings.span_metrics.dimensions = vec!["zone".to_owned(), "http.route".to_owned()];
    settings.span_metrics.dimension_mappings = vec![DimensionMapping {
        source_labels: vec!["service.name".to_owned(), "zone".to_owned()],
        join: "/".to_owned(),
        ..DimensionMapping::default()
    }];
    let extractor = Extractor::new(&settings, 2);
    let (few, many) = (allocations(&extractor, 20), allocations(&extractor, 200));
    // The two arrays of each shard and the one of observations double about log2(10) times; all label sets and
    // texts of the spans are among the first 20.
    assert!(
        many <= few + 5 * 4,
        "{few} allocations for 20 spans, {many} for 200"
    );
}
