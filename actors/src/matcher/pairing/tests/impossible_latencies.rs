//! Edges of halves whose durations cannot be.

use super::*;

/// Latencies of the edge that `halves` make, and its messaging latency.
fn latencies(mut halves: HalfEdges, impossible: usize) -> (Option<f64>, Option<f64>, f64) {
    let mut pairing = pairing(10);
    let now = START;
    halves.halves[impossible].latency = Latency::IMPOSSIBLE;
    pairing.apply(&halves, now);
    pairing.expire(now + Duration::from_secs(60));
    let (edges, _) = taken(&mut pairing);
    let edge = edges.edges[0];
    (
        edge.client_latency.seconds(),
        edge.server_latency.seconds(),
        edge.messaging_seconds,
    )
}

#[test]
fn the_edge_counts_with_the_latency_of_its_other_half() {
    let pair = || {
        batch(&[
            half(1, 1, EdgeKind::Client, "shop"),
            half(1, 1, EdgeKind::Server, "cart"),
        ])
    };
    assert_eq!(latencies(pair(), 0), (None, Some(0.25), 0.0));
    assert_eq!(latencies(pair(), 1), (Some(0.25), None, 0.0));
}

#[test]
fn a_database_has_its_clients_latency_and_a_virtual_node_its_own() {
    let mut database = batch(&[half(1, 1, EdgeKind::Client, "shop")]);
    database.halves[0].connection = Connection::Database;
    database.halves[0].database = database.halves[0].service;
    assert_eq!(latencies(database, 0), (None, None, 0.0));
    let root = batch(&[half(1, 0, EdgeKind::Server, "front")]);
    assert_eq!(latencies(root, 0), (Some(0.0), None, 0.0));
}

#[test]
fn a_message_has_a_latency_unless_its_consumers_start_cannot_be() {
    let messages = || {
        let mut halves = batch(&[
            half(1, 1, EdgeKind::Producer, "orders"),
            half(1, 1, EdgeKind::Consumer, "billing"),
        ]);
        halves.halves[1].start_unix_nanoseconds = 3_250_000_000;
        halves
    };
    assert_eq!(latencies(messages(), 0), (None, Some(0.25), 2.0));
    assert_eq!(latencies(messages(), 1), (Some(0.25), None, 0.0));
}
