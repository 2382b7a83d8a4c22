//! Which halves have a peer, and which attribute it is (SPEC §2).

use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind};

use super::requests::{group, span, texts};
use super::rules::{extract, graphs, half};
use super::*;

#[test]
fn the_peer_is_the_first_attribute_that_the_span_has_even_without_text() {
    let settings = graphs(|graphs| graphs.peer_attributes = vec!["first".to_owned(), "second".to_owned()]);
    let of = |attributes: &[(&str, &str)]| {
        half(
            &settings,
            &[("first", "of resource")],
            span(SpanKind::Client, texts(attributes)),
        )
        .peer
    };
    assert_eq!(of(&[("second", "b"), ("first", "a")]).as_deref(), Some("a"));
    assert_eq!(of(&[("second", "b"), ("first", "")]).as_deref(), Some(""));
    assert_eq!(of(&[("first", "")]).as_deref(), Some(""));
    assert_eq!(of(&[]), None);
}

#[test]
fn a_server_has_a_peer_only_where_an_edge_could_be_named_by_it() {
    let settings = TenantSettings::default();
    let peer = |service: &str, kind, parent: &[u8]| {
        let server = Span {
            parent_span_id: parent.to_vec(),
            ..span(kind, texts(&[("peer.service", "p")]))
        };
        let group = group(texts(&[("service.name", service)]), vec![server]);
        extract(&settings, vec![group]).0.pop().unwrap().peer
    };
    for kind in [SpanKind::Server, SpanKind::Consumer] {
        assert_eq!(peer("app", kind, &[]).as_deref(), Some("p"), "a root's client");
        assert_eq!(peer("app", kind, &[0; 8]).as_deref(), Some("p"), "likewise");
        assert_eq!(
            peer("", kind, &[3; 8]).as_deref(),
            Some("p"),
            "a server without a name"
        );
        assert_eq!(peer("app", kind, &[3; 8]), None);
    }
}
