//! Halves that a filter policy dropped take their counterparts with them.

use super::*;

#[test]
fn a_filtered_half_takes_its_counterpart_with_it_before_and_after() {
    let mut pairing = pairing(10);
    let now = START;
    let noisy = |trace, kind| Written {
        filtered: true,
        ..half(trace, 1, kind, "")
    };
    pairing.apply(
        &batch(&[half(1, 1, EdgeKind::Client, "a"), noisy(1, EdgeKind::Server)]),
        now,
    );
    pairing.apply(
        &batch(&[noisy(2, EdgeKind::Client), half(2, 1, EdgeKind::Server, "b")]),
        now,
    );
    pairing.expire(now + Duration::from_secs(2));
    pairing.apply(
        &batch(&[half(2, 1, EdgeKind::Server, "b")]),
        now + Duration::from_secs(2),
    );
    let (edges, outcomes) = taken(&mut pairing);
    assert!(edges.edges.is_empty());
    assert_eq!(
        (
            outcomes.dropped_filtered,
            outcomes.dropped_edges,
            outcomes.pending_change()
        ),
        (4, 2, 1)
    );
}

#[test]
fn a_filtered_half_takes_one_counterpart_with_it_and_not_a_second_one() {
    let mut pairing = pairing(10);
    let filtered = Written {
        filtered: true,
        ..half(1, 1, EdgeKind::Client, "noisy")
    };
    pairing.apply(
        &batch(&[
            filtered,
            half(1, 1, EdgeKind::Server, "first"),
            half(1, 1, EdgeKind::Client, "shop"),
            half(1, 1, EdgeKind::Server, "second"),
        ]),
        START,
    );
    let (edges, outcomes) = taken(&mut pairing);
    assert_eq!(names(&edges), [("shop", "second", "")]);
    assert_eq!(
        (outcomes.dropped_filtered, outcomes.dropped_edges, outcomes.paired),
        (2, 1, 2)
    );
}
