//! Tests of stamping: against decoding, changing and encoding anew.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;

use super::*;
use crate::traffic::{Round, Shape};

fn stamp() -> Stamp {
    Stamp::of_round(5, 9, 1_700_000_000_000_000_000)
}

fn xor(id: &mut [u8], mask: &[u8]) {
    for (byte, mask) in id.iter_mut().zip(mask) {
        *byte ^= mask;
    }
}

fn restamp(span: &mut Span, stamp: &Stamp) {
    let (trace, id) = (stamp.trace_mask.to_be_bytes(), stamp.span_mask.to_be_bytes());
    let later = |time: &mut u64| *time = time.wrapping_add(stamp.base_unix_nanoseconds);
    xor(&mut span.trace_id, &trace);
    xor(&mut span.span_id, &id);
    xor(&mut span.parent_span_id, &id);
    later(&mut span.start_time_unix_nano);
    later(&mut span.end_time_unix_nano);
    span.events
        .iter_mut()
        .for_each(|event| later(&mut event.time_unix_nano));
    for link in &mut span.links {
        xor(&mut link.trace_id, &trace);
        xor(&mut link.span_id, &id);
    }
}

#[test]
fn stamping_in_place_gives_what_encoding_anew_gives() {
    let shape = Shape {
        errors: 0.3,
        ..Shape::default()
    };
    let round = Round::new(&shape).unwrap();
    let (mut events, mut links) = (0, 0);
    for template in round.templates() {
        let mut request = ExportTraceServiceRequest::decode(template.bytes()).unwrap();
        let scopes = request
            .resource_spans
            .iter_mut()
            .flat_map(|group| &mut group.scope_spans);
        for span in scopes.flat_map(|scope| &mut scope.spans) {
            (events, links) = (events + span.events.len(), links + span.links.len());
            restamp(span, &stamp());
        }
        assert!(
            template.stamped(&stamp()) == request.encode_to_vec(),
            "a request differs"
        );
    }
    assert!(events > 10 && links > 10, "{events} events, {links} links");
}

#[test]
fn rounds_share_no_mask() {
    let masks: std::collections::BTreeSet<_> = (0..10_000)
        .map(|round| Stamp::of_round(1, round, 0).trace_mask)
        .collect();
    assert_eq!(masks.len(), 10_000);
}

#[test]
fn what_is_no_request_is_refused() {
    let short_id = Span {
        trace_id: vec![1; 3],
        ..Span::default()
    }
    .encode_to_vec();
    let wrap = |message: &[u8], tag: u8| {
        let mut out = vec![tag << 3 | 2, u8::try_from(message.len()).unwrap()];
        out.extend_from_slice(message);
        out
    };
    assert!(Template::new(wrap(&wrap(&wrap(&short_id, 2), 2), 1)).is_err());
    assert!(Template::new(vec![0x0a, 5, 0]).is_err());
    assert!(Template::new(vec![0x0b]).is_err());
}
