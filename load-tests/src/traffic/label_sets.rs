//! Makes requests in which every span is a label set of span metrics of its own.

use fastrand::Rng;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message as _;

use super::conventions;
use super::round::Round;
use super::template::Template;

/// Operations of one service, all in one request.
const OPERATIONS: usize = 200;

/// A round that has each of `label_sets` label sets in one internal span, which service graphs pass over.
///
/// # Errors
/// When a request cannot be encoded.
pub fn every_label_set_once(label_sets: usize, seed: u64) -> anyhow::Result<Round> {
    let mut rng = Rng::with_seed(seed);
    let starts = (0..label_sets).step_by(OPERATIONS);
    let requests = starts.enumerate().map(|(service, start)| {
        let operations = OPERATIONS.min(label_sets - start);
        Template::new(request(service, operations, &mut rng).encode_to_vec())
    });
    Ok(Round::replaying(requests.collect::<anyhow::Result<_>>()?))
}

fn request(service: usize, operations: usize, rng: &mut Rng) -> ExportTraceServiceRequest {
    let name = format!("department-{service}-service");
    let spans = (0..operations).map(|operation| span(operation, rng)).collect();
    let resource_spans = ResourceSpans {
        resource: Some(Resource {
            attributes: conventions::resource(&name, "go", rng),
            ..Resource::default()
        }),
        scope_spans: vec![ScopeSpans {
            spans,
            ..ScopeSpans::default()
        }],
        ..ResourceSpans::default()
    };
    ExportTraceServiceRequest {
        resource_spans: vec![resource_spans],
    }
}

/// A span that ended just before its sending.
fn span(operation: usize, rng: &mut Rng) -> Span {
    Span {
        trace_id: rng.u128(1..).to_be_bytes().to_vec(),
        span_id: rng.u64(1..).to_be_bytes().to_vec(),
        name: format!("handle /api/v1/department/{{id}}/operation/{operation}"),
        kind: SpanKind::Internal.into(),
        // Not 0, which would not be encoded, so that nothing could be put in its place.
        end_time_unix_nano: 0_u64.wrapping_sub(1_000_000),
        start_time_unix_nano: 0_u64.wrapping_sub(rng.u64(2_000_000..2_000_000_000)),
        ..Span::default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_span_has_another_pair_of_service_and_name() {
        let round = every_label_set_once(450, 1).unwrap();
        let mut pairs = BTreeSet::new();
        for template in round.templates() {
            let request = ExportTraceServiceRequest::decode(template.bytes()).unwrap();
            let [resource_spans] = &request.resource_spans[..] else {
                panic!("{request:?}")
            };
            let service = format!("{:?}", resource_spans.resource.as_ref().unwrap().attributes[0]);
            let spans = &resource_spans.scope_spans[0].spans;
            pairs.extend(spans.iter().map(|span| (service.clone(), span.name.clone())));
        }
        assert_eq!((round.spans(), pairs.len()), (450, 450));
    }
}
