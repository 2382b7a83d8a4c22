//! Which calls are to databases, and what these are called (SPEC §2).

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use super::requests::{span, texts};
use super::rules::{client, graphs, half};
use super::*;

/// A call's attributes, and the database that they name.
type Row = (&'static [(&'static str, &'static str)], &'static str);

const NAMES: [Row; 12] = [
    (&[("db.name", "users")], "users"),
    (&[("db.name", "users"), ("db.namespace", "ledger")], "ledger"),
    (&[("db.system", "postgresql")], "postgresql"),
    (&[("db.system.name", "mysql")], "mysql"),
    (
        &[
            ("db.name", "users"),
            ("peer.service", "users-db"),
            ("server.address", "a"),
        ],
        "users-db",
    ),
    (
        &[("db.name", "users"), ("server.address", "db.internal")],
        "db.internal",
    ),
    (
        &[
            ("db.name", "u"),
            ("network.peer.address", "::1"),
            ("network.peer.port", "5432"),
        ],
        "::1:5432",
    ),
    (&[("db.name", "u"), ("network.peer.address", "::1")], "::1"),
    (&[("db.name", "u"), ("network.peer.port", "5432")], "u"),
    (&[("db.name", "users"), ("peer.service", "")], ""),
    (
        &[
            ("db.name", "users"),
            ("server.address", ""),
            ("network.peer.address", "::1"),
        ],
        "",
    ),
    (&[("db.name", "u"), ("network.peer.address", "")], ""),
];

#[test]
fn databases_are_named_in_order_of_precedence() {
    for (attributes, expected) in NAMES {
        let half = client(attributes);
        assert_eq!(half.database.as_deref(), Some(expected), "{attributes:?}");
        assert_eq!(half.connection, Connection::Database, "{attributes:?}");
    }
}

#[test]
fn a_database_attribute_without_text_makes_a_call_that_names_no_server() {
    let half = client(&[("db.namespace", ""), ("db.name", "users")]);
    assert_eq!((half.connection, half.database), (Connection::Database, None));
    let half = client(&[("peer.service", "users-db")]);
    assert_eq!((half.connection, half.database), (Connection::Unset, None));
}

/// The database of a call whose own name is in `id` or `table`, with these attributes of its resource and its span.
fn database(resource: &[(&str, &str)], attributes: &[(&str, &str)]) -> Option<String> {
    let names = ["id", "table"].map(str::to_owned);
    let settings = graphs(|graphs| graphs.database_name_attributes = names.to_vec());
    half(&settings, resource, span(SpanKind::Client, texts(attributes))).database
}

fn assert_database(resource: &[(&str, &str)], attributes: &[(&str, &str)], expected: &str) {
    let database = database(resource, attributes);
    assert_eq!(database.as_deref(), Some(expected), "{resource:?} {attributes:?}");
}

#[test]
fn all_that_names_a_database_may_stand_in_the_resource_which_goes_before_the_span() {
    assert_database(
        &[("id", "from-resource")],
        &[("id", "from-span")],
        "from-resource",
    );
    for key in ["peer.service", "server.address", "network.peer.address"] {
        let own = &[("id", "i"), (key, "of-span")];
        assert_database(&[(key, "of-resource")], own, "of-resource");
        assert_database(&[(key, "")], own, "");
        assert_database(&[], own, "of-span");
    }
}

#[test]
fn an_address_and_its_port_may_come_from_different_scopes() {
    let of_span = [
        ("id", "i"),
        ("network.peer.address", "a"),
        ("network.peer.port", "2"),
    ];
    assert_database(&[("network.peer.port", "1")], &of_span, "a:1");
}

#[test]
fn the_order_of_keys_counts_before_the_scope() {
    assert_database(&[("table", "t")], &[("id", "i")], "i");
    assert_database(
        &[("server.address", "a")],
        &[("id", "i"), ("peer.service", "p")],
        "p",
    );
}

#[test]
fn attributes_that_name_databases_by_default_name_none_when_others_are_set() {
    assert_eq!(database(&[], &[("db.name", "n")]), None);
}
