//! Which calls are to databases, and what these are called (SPEC §2).

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use super::requests::{span, texts};
use super::rules::{client, graphs, half};
use super::*;

#[test]
fn databases_are_named_in_order_of_precedence() {
    for (attributes, expected) in [
        (&[("db.name", "users")][..], Some("users")),
        (
            &[("db.name", "users"), ("db.namespace", "ledger")],
            Some("ledger"),
        ),
        (&[("db.system", "postgresql")], Some("postgresql")),
        (&[("db.system.name", "mysql")], Some("mysql")),
        (
            &[
                ("db.name", "users"),
                ("peer.service", "users-db"),
                ("server.address", "a"),
            ],
            Some("users-db"),
        ),
        (
            &[("db.name", "users"), ("server.address", "db.internal")],
            Some("db.internal"),
        ),
        (
            &[
                ("db.name", "u"),
                ("network.peer.address", "::1"),
                ("network.peer.port", "5432"),
            ],
            Some("::1:5432"),
        ),
        (&[("db.name", "u"), ("network.peer.address", "::1")], Some("::1")),
        (&[("db.name", "u"), ("network.peer.port", "5432")], Some("u")),
        (&[("db.name", "users"), ("peer.service", "")], Some("")),
        (
            &[
                ("db.name", "users"),
                ("server.address", ""),
                ("network.peer.address", "::1"),
            ],
            Some(""),
        ),
        (&[("db.name", "u"), ("network.peer.address", "")], Some("")),
    ] {
        let half = client(attributes);
        assert_eq!(half.database.as_deref(), expected, "{attributes:?}");
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

#[test]
fn all_that_names_a_database_may_stand_in_the_resource_which_goes_before_the_span() {
    let settings =
        graphs(|graphs| graphs.database_name_attributes = vec!["id".to_owned(), "table".to_owned()]);
    let of = |resource: &[(&str, &str)], attributes: &[(&str, &str)]| {
        half(&settings, resource, span(SpanKind::Client, texts(attributes))).database
    };
    assert_eq!(
        of(&[("id", "from-resource")], &[("id", "from-span")]).as_deref(),
        Some("from-resource")
    );
    assert_eq!(
        of(&[("table", "t")], &[("id", "i")]).as_deref(),
        Some("i"),
        "list order counts first"
    );
    for key in ["peer.service", "server.address", "network.peer.address"] {
        let own = &[("id", "i"), (key, "of-span")];
        assert_eq!(of(&[(key, "of-resource")], own).as_deref(), Some("of-resource"));
        assert_eq!(
            of(&[(key, "")], own).as_deref(),
            Some(""),
            "an empty one counts as well"
        );
        assert_eq!(of(&[], own).as_deref(), Some("of-span"));
    }
    assert_eq!(
        of(
            &[("network.peer.port", "1")],
            &[
                ("id", "i"),
                ("network.peer.address", "a"),
                ("network.peer.port", "2")
            ]
        )
        .as_deref(),
        Some("a:1")
    );
    assert_eq!(
        of(&[("server.address", "a")], &[("id", "i"), ("peer.service", "p")]).as_deref(),
        Some("p"),
        "the order of keys counts before the scope"
    );
    assert_eq!(of(&[], &[("db.name", "n")]), None);
}
