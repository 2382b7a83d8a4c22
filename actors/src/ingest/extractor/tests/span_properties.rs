//! Random requests: span metrics are those of the model, whatever the batches and the order of fields.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans};
use proptest::prelude::*;
use prost::Message as _;
use spangraph_config::{DimensionMapping, Processors, SpanMetricsSettings};

use super::field_order::{REQUEST, reordered};
use super::model::without_dropped;
use super::named_updates::NamedUpdates;
use super::span_model::one_by_one;
use super::*;

/// What is random of the settings.
#[derive(Clone, Copy, Debug)]
struct Switches {
    service_graphs: bool,
    span_attributes: bool,
    target_info: bool,
    instance: bool,
    trace_state: bool,
}

fn switches() -> impl Strategy<Value = Switches> {
    any::<[bool; 5]>().prop_map(
        |[
            service_graphs,
            span_attributes,
            target_info,
            instance,
            trace_state,
        ]| Switches {
            service_graphs,
            span_attributes,
            target_info,
            instance,
            trace_state,
        },
    )
}

fn settings(on: Switches) -> TenantSettings {
    let mut settings = TenantSettings {
        processors: Processors {
            service_graphs_request: on.service_graphs,
            span_metrics_count: true,
            host_info: true,
            ..Processors::default()
        },
        ..TenantSettings::default()
    };
    settings.host_info.host_identifiers = owned(&["db.name", "zone"]);
    let metrics = &mut settings.span_metrics;
    metrics.intrinsic_dimensions.status_message = true;
    metrics.enable_target_info = on.target_info;
    metrics.enable_instance_label = on.instance;
    metrics.enable_tracestate_span_multiplier = on.trace_state;
    metrics.target_info_excluded_dimensions = owned(&["tier"]);
    metrics.filter_policies = without_dropped();
    if on.span_attributes {
        name_span_attributes(metrics);
    }
    settings
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn name_span_attributes(metrics: &mut SpanMetricsSettings) {
    let mapping = |sources: &[&str], join: &str| DimensionMapping {
        source_labels: owned(sources),
        join: join.to_owned(),
        ..DimensionMapping::default()
    };
    metrics.dimensions = owned(&["zone", "db.name", "missing"]);
    metrics.dimension_mappings = vec![
        mapping(&["tier", "zone", "service.name"], "/"),
        mapping(&["zone"], ""),
    ];
    metrics.span_multiplier_key = Some("ratio".to_owned());
}

fn extracted(extractor: &Extractor, request: &[u8]) -> (NamedUpdates, SpanCounts) {
    let extracted = extractor.extract(request, NOW).unwrap();
    (NamedUpdates::of(&extracted.span_updates), extracted.counts)
}

/// One request for every span; groups without spans are left out.
fn split(request: &ExportTraceServiceRequest) -> Vec<ExportTraceServiceRequest> {
    let groups = request.resource_spans.iter();
    let alone = groups.flat_map(|group| {
        let spans = group.scope_spans.iter().flat_map(|scope| &scope.spans);
        spans.map(|span| ExportTraceServiceRequest {
            resource_spans: vec![ResourceSpans {
                scope_spans: vec![ScopeSpans {
                    spans: vec![span.clone()],
                    ..Default::default()
                }],
                ..group.clone()
            }],
        })
    });
    alone.collect()
}

proptest! {
    #[test]
    fn span_metrics_are_those_of_the_model(request in requests::request(), on in switches()) {
        let settings = settings(on);
        let (updates, counts) = extracted(&Extractor::new(&settings, 2), &request.encode_to_vec());
        prop_assert_eq!(&updates, &one_by_one(&settings, &request));
        let observed = updates.observations.len() as u64;
        prop_assert!(observed <= counts.metrics_spans);
        prop_assert!(counts.metrics_spans - observed <= counts.no_start + counts.too_long);
        let inside = counts.spans - counts.invalid - counts.too_old - counts.too_new;
        prop_assert_eq!(counts.metrics_spans + counts.metrics_filtered, inside);
    }

    #[test]
    fn one_batch_gives_what_its_spans_give_one_by_one(request in requests::request(), on in switches()) {
        let settings = Switches { target_info: false, ..on };
        let extractor = Extractor::new(&super::span_properties::settings(settings), 2);
        let mut parts = NamedUpdates::default();
        for part in split(&request) {
            parts.add(extracted(&extractor, &part.encode_to_vec()).0);
        }
        prop_assert_eq!(extracted(&extractor, &request.encode_to_vec()).0, parts);
    }

    #[test]
    fn the_order_of_fields_changes_no_span_metrics(request in requests::request(), on in switches(), ranks: [u32; 16]) {
        let encoded = request.encode_to_vec();
        let rank = |number: u32| ranks[number as usize % ranks.len()];
        let reordered = reordered(&encoded, &REQUEST, &rank);
        let extractor = Extractor::new(&settings(on), 2);
        prop_assert_eq!(extracted(&extractor, &reordered), extracted(&extractor, &encoded));
    }
}
