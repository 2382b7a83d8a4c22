//! Texts that are there and empty: they overwrite what the other half set.

use super::*;

#[test]
fn an_empty_peer_takes_away_the_one_that_an_earlier_half_named() {
    let with_peer = |trace, call, kind, service, peer| Written {
        peer: Some(peer),
        ..half(trace, call, kind, service)
    };
    let mut pairing = pairing(10);
    let now = START;
    pairing.apply(
        &batch(&[
            with_peer(1, 0, EdgeKind::Server, "front", "partner"),
            with_peer(1, 0, EdgeKind::Server, "front", ""),
            with_peer(2, 1, EdgeKind::Client, "shop", "stripe"),
            with_peer(2, 1, EdgeKind::Client, "shop", ""),
            with_peer(3, 0, EdgeKind::Server, "front", "partner"),
            half(3, 0, EdgeKind::Server, "front"),
        ]),
        now,
    );
    pairing.expire(now + Duration::from_secs(60));
    let (edges, outcomes) = taken(&mut pairing);
    assert_eq!(
        names(&edges),
        [
            ("user", "front", "virtual_node"),
            ("partner", "front", "virtual_node")
        ]
    );
    assert_eq!(outcomes.expired, 2, "a client without a peer");
}

#[test]
fn a_database_overwrites_the_server_with_its_name_even_an_empty_one_but_not_without_one() {
    let server_after = |name: Option<&str>| {
        let mut pairing = pairing(10);
        let mut halves = batch(&[
            half(1, 1, EdgeKind::Server, "stock"),
            half(1, 1, EdgeKind::Client, "shop"),
        ]);
        let texts = Arc::get_mut(&mut halves.texts).unwrap();
        let name = name.map_or(TextId::ABSENT, |name| texts.insert(name.as_bytes()).unwrap());
        halves.halves[1].connection = Connection::Database;
        halves.halves[1].database = name;
        pairing.apply(&halves, START);
        let (edges, _) = taken(&mut pairing);
        names(&edges)
            .first()
            .map(|(_, server, connection)| ((*server).to_owned(), *connection))
    };
    assert_eq!(
        server_after(Some("users")),
        Some(("users".to_owned(), "database"))
    );
    assert_eq!(server_after(None), Some(("stock".to_owned(), "database")));
    assert_eq!(server_after(Some("")), None, "it goes on waiting for a server");
}

#[test]
fn a_message_whose_consumer_has_no_name_becomes_a_virtual_node_without_a_messaging_latency() {
    let mut pairing = pairing(10);
    let now = START;
    let mut halves = batch(&[
        Written {
            peer: Some("queue"),
            ..half(1, 1, EdgeKind::Producer, "orders")
        },
        half(1, 1, EdgeKind::Consumer, ""),
    ]);
    halves.halves[1].start_unix_nanoseconds = 3_250_000_000;
    pairing.apply(&halves, now);
    pairing.expire(now + Duration::from_secs(60));
    let (edges, _) = taken(&mut pairing);
    assert_eq!(names(&edges), [("orders", "queue", "virtual_node")]);
    assert!(edges.edges[0].messaging_seconds.abs() < f64::EPSILON);
}
