//! Halves that stay alone and name or imply the other side.

use super::*;

#[test]
fn a_root_without_caller_is_called_by_its_peer_or_by_user() {
    let mut pairing = pairing(10);
    let now = START;
    let partner = Written {
        peer: Some("partner"),
        ..half(2, 0, EdgeKind::Server, "front")
    };
    pairing.apply(
        &batch(&[
            half(1, 0, EdgeKind::Server, "front"),
            partner,
            half(3, 9, EdgeKind::Server, "x"),
        ]),
        now,
    );
    pairing.expire(now + Duration::from_secs(2));
    let (edges, outcomes) = taken(&mut pairing);
    assert_eq!(
        names(&edges),
        [
            ("user", "front", "virtual_node"),
            ("partner", "front", "virtual_node")
        ]
    );
    assert_eq!(
        (outcomes.virtual_node, outcomes.expired, outcomes.pending_change()),
        (2, 1, 0)
    );
    assert_eq!(edges.edges[0].virtual_side, Some(Side::Client));
}

#[test]
fn a_client_without_server_calls_its_peer_if_it_names_one() {
    let mut pairing = pairing(10);
    let now = START;
    let stripe = Written {
        peer: Some("stripe"),
        ..half(1, 1, EdgeKind::Client, "shop")
    };
    pairing.apply(&batch(&[stripe, half(2, 1, EdgeKind::Client, "shop")]), now);
    pairing.expire(now + Duration::from_secs(2));
    let (edges, outcomes) = taken(&mut pairing);
    assert_eq!(names(&edges), [("shop", "stripe", "virtual_node")]);
    assert_eq!(
        (edges.edges[0].virtual_side, edges.edges[0].server_latency),
        (Some(Side::Server), Latency::ZERO)
    );
    assert_eq!((outcomes.virtual_node, outcomes.expired), (1, 1));
}
