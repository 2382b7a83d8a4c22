//! Requests that cost as much as their bytes can: the worst value of each field of OTLP.

use super::now;
use super::wire::value::{array, doubles, nested, text};
use super::wire::{attribute, field, fixed64, integer, request, varint};

/// A kind of request, and one of about so many bytes.
pub type Bomb = (&'static str, fn(usize) -> Vec<u8>);

/// Calls as SDKs send them, some 500 bytes a span.
pub fn ordinary(bytes: usize) -> Vec<u8> {
    let span = |number: usize| {
        let kind = if number.is_multiple_of(2) { 3 } else { 2 };
        let mut span = span_with(number, kind, format!("GET /route-{}", number % 40));
        for (key, value) in [
            ("peer.service", format!("service-{}", number % 20)),
            ("http.request.method", "GET".to_owned()),
            ("http.response.status_code", "200".to_owned()),
            ("http.route", format!("/route-{}", number % 40)),
            ("url.scheme", "https".to_owned()),
            ("url.path", format!("/route-{}/{number}", number % 40)),
            ("server.address", "shop.example".to_owned()),
            ("server.port", "443".to_owned()),
            ("network.protocol.version", "1.1".to_owned()),
            ("client.address", "10.1.2.3".to_owned()),
            (
                "user_agent.original",
                "Mozilla/5.0 (X11; Linux x86_64)".to_owned(),
            ),
            ("thread.name", "http-worker-7".to_owned()),
        ] {
            span.extend(field(9, attribute(key, text(value))));
        }
        span.extend(field(15, ""));
        span
    };
    let resource = [
        shop(),
        attribute("host.id", text("host-1")),
        attribute("k8s.pod.name", text("pod")),
    ];
    request(&resource, &(0..bytes / 500).map(span).collect::<Vec<_>>())
}

/// The worst values.
pub const BOMBS: &[Bomb] = &[
    ("one span of long doubles", |bytes| {
        with_attribute(attribute("peer.service", doubles(bytes / 13)))
    }),
    ("long doubles in each span", |bytes| {
        spans(bytes / 200, |number| {
            let value = [doubles(7), array(integer(3, number as u64), 1)].concat();
            field(9, attribute("peer.service", value))
        })
    }),
    ("long doubles of a resource, in each span's texts", |bytes| {
        let resource = [
            shop(),
            attribute("db.name", doubles(bytes / 26)),
            attribute("zone", doubles(bytes / 52)),
        ];
        request(&resource, &minimal(bytes / 100))
    }),
    ("a long text of a resource that a filter looks through", |bytes| {
        request(
            &[shop(), attribute("team", text("x".repeat(bytes / 2)))],
            &minimal(bytes / 100),
        )
    }),
    ("a long text", |bytes| {
        with_attribute(attribute("peer.service", text("x".repeat(bytes))))
    }),
    ("a long text that is no UTF-8 at its end", |bytes| {
        let value = [&vec![b'x'; bytes / 2][..], &[0xff]].concat();
        request(&[shop(), attribute("zone", text(value))], &minimal(bytes / 100))
    }),
    ("one key again and again", |bytes| {
        let repeated = field(9, attribute("peer.service", text("a")));
        spans_of(vec![
            span_with(1, 3, "n")
                .into_iter()
                .chain(repeated.repeat(bytes / 20))
                .collect(),
        ])
    }),
    ("a million keys of a span", |bytes| {
        let mut span = span_with(1, 3, "n");
        (0..bytes / 14).for_each(|number| span.extend(field(9, attribute(number.to_string(), text("")))));
        spans_of(vec![span])
    }),
    ("a million keys of a resource", |bytes| {
        let attributes = (0..bytes / 17).map(|number| attribute(format!("k{number}"), text("v")));
        request(
            &[shop()].into_iter().chain(attributes).collect::<Vec<_>>(),
            &minimal(1),
        )
    }),
    ("a million keys without values of a resource", |bytes| {
        let attributes = (0..bytes / 12).map(|number| attribute(format!("k{number}"), ""));
        request(
            &[shop()].into_iter().chain(attributes).collect::<Vec<_>>(),
            &minimal(1),
        )
    }),
    ("a long key of a resource", |bytes| {
        request(&[shop(), attribute("k".repeat(bytes), text("v"))], &minimal(1))
    }),
    ("empty attributes of a resource", |bytes| {
        let resource = field(1, [field(1, shop()), field(1, "").repeat(bytes / 2)].concat());
        field(1, [resource, field(2, field(2, &minimal(1)[0]))].concat())
    }),
    ("a nested value of a span", |bytes| {
        with_attribute(attribute("peer.service", nested(bytes)))
    }),
    ("a nested value of a resource", |bytes| {
        request(
            &[shop(), attribute("zone", nested(bytes / 2))],
            &minimal(bytes / 100),
        )
    }),
    ("an array of nothing", |bytes| {
        with_attribute(attribute("peer.service", array("", bytes / 2)))
    }),
    ("an array of nothing in a resource", |bytes| {
        request(
            &[shop(), attribute("zone", array("", bytes / 4))],
            &minimal(bytes / 100),
        )
    }),
    ("a list with long keys", |bytes| {
        let entry = field(1, attribute("k".repeat(1000), integer(2, 1)));
        with_attribute(attribute("peer.service", field(6, entry.repeat(bytes / 1000))))
    }),
    ("a value set again and again", |bytes| {
        with_attribute(attribute("peer.service", integer(2, 1).repeat(bytes / 2)))
    }),
    ("resources of nothing", |bytes| field(1, "").repeat(bytes / 2)),
    ("resources with a name each", |bytes| {
        let group = |number: usize| {
            let name = attribute("service.name", text(format!("s{number}")));
            request(
                &[name, attribute("zone", text("z"))],
                &[span_with(number, 3, "n")],
            )
        };
        (0..bytes / 110).flat_map(group).collect()
    }),
    ("a resource again and again", |bytes| {
        let resource = field(1, field(1, attribute("zone", text("z"))));
        let spans = field(
            2,
            minimal(1)
                .iter()
                .flat_map(|span| field(2, span))
                .collect::<Vec<_>>(),
        );
        field(1, [resource.repeat(bytes / 14), spans].concat())
    }),
    ("scopes of nothing", |bytes| {
        field(
            1,
            [field(1, field(1, shop())), field(2, "").repeat(bytes / 2)].concat(),
        )
    }),
    ("spans of nothing", |bytes| {
        field(
            1,
            [
                field(1, field(1, shop())),
                field(2, field(2, "").repeat(bytes / 2)),
            ]
            .concat(),
        )
    }),
    ("a name for each span", |bytes| {
        let span = |number| span_with(number, 3, format!("n{number}"));
        spans_of((0..bytes / 60).map(span).collect())
    }),
    ("a name, a peer and a zone for each span", |bytes| {
        spans(bytes / 120, |number| {
            let peer = field(9, attribute("peer.service", text(format!("p{number}"))));
            [peer, field(9, attribute("zone", text(format!("z{number}"))))].concat()
        })
    }),
    ("a long name", |bytes| {
        spans_of(vec![span_with(1, 3, "n".repeat(bytes))])
    }),
    ("a long trace state", |bytes| {
        with_field(field(3, "ot=x,".repeat(bytes / 5)))
    }),
    ("a long sampling threshold", |bytes| {
        with_field(field(3, ["ot=th:", &"0".repeat(bytes)].concat()))
    }),
    ("a long status message", |bytes| {
        with_field(field(15, field(2, "m".repeat(bytes))))
    }),
    ("a status again and again", |bytes| {
        with_field(field(15, integer(3, 2)).repeat(bytes / 4))
    }),
    ("a long trace id", |bytes| with_field(field(1, vec![1; bytes]))),
    ("a long span id", |bytes| with_field(field(2, vec![1; bytes]))),
    ("a long parent id between single attributes", |bytes| {
        let (parent, run) = (
            field(4, vec![0; bytes / 2]),
            [field(9, ""), integer(10, 1)].concat(),
        );
        spans_of(vec![
            [span_with(1, 2, "n"), parent, run.repeat(bytes / 8)].concat(),
        ])
    }),
    ("attributes before all that decides on them", |bytes| {
        let run = [field(9, ""), integer(10, 1)].concat();
        spans_of(vec![[run.repeat(bytes / 4), span_with(1, 3, "n")].concat()])
    }),
    ("events", |bytes| {
        with_field(field(11, field(2, "e")).repeat(bytes / 5))
    }),
    ("links", |bytes| {
        with_field(field(13, field(1, [1; 16])).repeat(bytes / 20))
    }),
    ("unknown fields", |bytes| {
        with_field(integer(100, 1).repeat(bytes / 3))
    }),
    ("unknown fields of each level", |bytes| {
        let unknown = [varint(999 << 3 | 2), varint(2), b"xy".to_vec()].concat();
        let many = || unknown.repeat(bytes / 20);
        let span = [span_with(1, 3, "n"), many()].concat();
        let scope = field(2, [many(), field(2, span)].concat());
        [
            many(),
            field(1, [many(), field(1, field(1, shop())), scope].concat()),
        ]
        .concat()
    }),
    ("a long schema URL", |bytes| {
        let resource = field(1, field(1, shop()));
        field(
            1,
            [
                resource,
                field(2, field(2, &minimal(1)[0])),
                field(3, "u".repeat(bytes)),
            ]
            .concat(),
        )
    }),
    ("long varints", |bytes| {
        with_field([varint(10 << 3), varint(u64::MAX)].concat().repeat(bytes / 11))
    }),
    ("a group, which no message has", |bytes| {
        with_field([vec![12 << 3 | 3], vec![0; bytes]].concat())
    }),
];

/// The attribute that names the service.
pub fn shop() -> Vec<u8> {
    attribute("service.name", text("shop"))
}

/// A span with what it has to have, whose ids tell its number.
pub fn span_with(number: usize, kind: u64, name: impl AsRef<[u8]>) -> Vec<u8> {
    let mut id = [1; 16];
    id[8..].copy_from_slice(&(number as u64 + 1).to_be_bytes());
    let ids = [field(1, id), field(2, &id[8..])].concat();
    let times = [fixed64(7, now() - 1_000_000), fixed64(8, now())].concat();
    [ids, field(5, name), integer(6, kind), times].concat()
}

/// Spans of the kind client that have nothing more.
pub fn minimal(count: usize) -> Vec<Vec<u8>> {
    (0..count.max(1))
        .map(|number| span_with(number, 3, "n"))
        .collect()
}

fn spans_of(spans: Vec<Vec<u8>>) -> Vec<u8> {
    request(&[shop()], &spans)
}

fn spans(count: usize, more: impl Fn(usize) -> Vec<u8>) -> Vec<u8> {
    let span = |number| [span_with(number, 3, "n"), more(number)].concat();
    spans_of((0..count).map(span).collect())
}

/// One span with these fields besides.
fn with_field(fields: Vec<u8>) -> Vec<u8> {
    spans_of(vec![[span_with(1, 3, "n"), fields].concat()])
}

fn with_attribute(attribute: Vec<u8>) -> Vec<u8> {
    with_field(field(9, attribute))
}
