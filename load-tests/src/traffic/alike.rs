//! Makes requests that look alike and cost alike to read, of as many services as one likes.

use fastrand::Rng;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message as _;

use super::attributes::fill_up;
use super::conventions;
use super::mesh::Mesh;
use super::round::Round;
use super::service::Service;
use super::template::Template;

/// Of what requests that look alike consist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlikeRequests {
    /// How many requests a round has.
    pub requests: usize,
    /// How many services send them, in turn.
    pub services: usize,
    /// How many operations each service has; all of them are in each of its requests.
    pub operations: usize,
    /// The spans of a request.
    pub spans: usize,
    /// The encoded bytes of a span, about.
    pub span_bytes: usize,
}

impl AlikeRequests {
    /// How many label sets of span metrics these spans have.
    #[must_use]
    pub fn label_sets(&self) -> usize {
        self.services * self.operations
    }

    /// The round; its spans are internal ones, which service graphs pass over.
    ///
    /// # Errors
    /// When a request cannot be encoded.
    pub fn round(&self, seed: u64) -> anyhow::Result<Round> {
        let mut rng = Rng::with_seed(seed);
        let mesh = Mesh::new(self.services, &mut rng);
        let senders = mesh.services.iter().cycle().take(self.requests);
        let requests = senders.map(|service| Template::new(self.request(service, &mut rng).encode_to_vec()));
        Ok(Round::replaying(requests.collect::<anyhow::Result<_>>()?))
    }

    fn request(&self, service: &Service, rng: &mut Rng) -> ExportTraceServiceRequest {
        let operations = (0..self.operations).cycle().take(self.spans);
        let spans = operations.map(|operation| self.span(service, operation, rng));
        let resource_spans = ResourceSpans {
            scope_spans: vec![ScopeSpans {
                spans: spans.collect(),
                ..ScopeSpans::default()
            }],
            resource: Some(Resource {
                attributes: service.resource.clone(),
                ..Resource::default()
            }),
            ..ResourceSpans::default()
        };
        ExportTraceServiceRequest {
            resource_spans: vec![resource_spans],
        }
    }

    /// A span that ended just before its sending.
    fn span(&self, service: &Service, operation: usize, rng: &mut Rng) -> Span {
        let mut span = Span {
            trace_id: rng.u128(1..).to_be_bytes().to_vec(),
            span_id: rng.u64(1..).to_be_bytes().to_vec(),
            parent_span_id: rng.u64(1..).to_be_bytes().to_vec(),
            name: format!("handle /api/v1/orders/{{id}}/operation/{operation:02}"),
            kind: SpanKind::Internal.into(),
            // Not 0, which would not be encoded, so that nothing could be put in its place.
            end_time_unix_nano: 0_u64.wrapping_sub(1_000_000),
            start_time_unix_nano: 0_u64.wrapping_sub(rng.u64(2_000_000..2_000_000_000)),
            attributes: conventions::internal(service, "run"),
            ..Span::default()
        };
        let optional = conventions::optional(SpanKind::Internal, service, rng);
        fill_up(&mut span, self.span_bytes, optional, rng);
        span
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// The operations of each request, by service.
    fn operations(round: &Round) -> Vec<(String, BTreeSet<String>)> {
        let decoded = round
            .templates()
            .map(|template| ExportTraceServiceRequest::decode(template.bytes()).unwrap());
        let parts = decoded.flat_map(|request| request.resource_spans);
        let named = parts.map(|part| {
            let names = part.scope_spans[0].spans.iter().map(|span| span.name.clone());
            (
                format!("{:?}", part.resource.as_ref().unwrap().attributes[0]),
                names.collect(),
            )
        });
        named.collect()
    }

    #[test]
    fn each_request_has_all_operations_of_its_service_and_services_take_turns() {
        let alike = AlikeRequests {
            requests: 6,
            services: 3,
            operations: 7,
            spans: 20,
            span_bytes: 500,
        };
        let round = alike.round(1).unwrap();
        let mut requests: BTreeMap<_, usize> = BTreeMap::new();
        for (service, names) in operations(&round) {
            assert_eq!(names.len(), 7, "{service}");
            *requests.entry(service).or_default() += 1;
        }
        assert_eq!(requests.into_values().collect::<Vec<_>>(), [2, 2, 2]);
        assert_eq!((round.spans(), alike.label_sets()), (120, 21));
    }

    #[test]
    fn requests_of_few_and_of_many_services_are_equally_large() {
        let bytes = |services| {
            let alike = AlikeRequests {
                requests: 40,
                services,
                operations: 50,
                spans: 200,
                span_bytes: 500,
            };
            alike.round(1).unwrap().bytes()
        };
        let (few, many) = (bytes(1), bytes(40));
        assert!(few.abs_diff(many) * 50 < many, "{few} and {many} bytes");
    }
}
