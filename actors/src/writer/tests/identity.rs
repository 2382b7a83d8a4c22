use spangraph_config::{BasicAuthentication, Credential, Secret};

use super::chunks::samples;
use super::endpoint::{Endpoint, Received};
use super::*;

/// A change of the parameters, a header, and what the endpoint gets in it.
type Row = (
    &'static str,
    fn(&mut WriterParameters),
    &'static str,
    Option<&'static str>,
);

const ROWS: [Row; 12] = [
    ("a tenant is named", |_| {}, "x-scope-orgid", Some("shop")),
    (
        "but not when that is off",
        |it| it.add_org_id = false,
        "x-scope-orgid",
        None,
    ),
    (
        "nor the single tenant",
        |it| it.tenant = TenantId::single(),
        "x-scope-orgid",
        None,
    ),
    (
        "a configured one stays",
        |it| put(&mut it.endpoint.headers, "x-scope-ORGID", "own"),
        "x-scope-orgid",
        Some("own"),
    ),
    (
        "of the single tenant too",
        |it| {
            it.tenant = TenantId::single();
            put(&mut it.tenant_headers, "X-Scope-OrgID", "own");
        },
        "x-scope-orgid",
        Some("own"),
    ),
    (
        "the endpoint has headers",
        |it| put(&mut it.endpoint.headers, "X-Cell", "a"),
        "x-cell",
        Some("a"),
    ),
    (
        "the tenant's go over them",
        |it| {
            put(&mut it.endpoint.headers, "X-Cell", "a");
            put(&mut it.tenant_headers, "x-cell", "b");
        },
        "x-cell",
        Some("b"),
    ),
    ("no one is authorized", |_| {}, "authorization", None),
    (
        "user and password",
        |it| it.endpoint.basic_auth = basic(),
        "authorization",
        Some("Basic bWU6c2VjcmV0"),
    ),
    (
        "a token",
        |it| it.endpoint.bearer_token = Some(inline("abc")),
        "authorization",
        Some("Bearer abc"),
    ),
    (
        "the tenant's own authorization goes over both",
        |it| {
            it.endpoint.basic_auth = basic();
            put(&mut it.tenant_headers, "Authorization", "Bearer mine");
        },
        "authorization",
        Some("Bearer mine"),
    ),
    (
        "answers are wanted as they are",
        |_| {},
        "accept-encoding",
        Some("identity"),
    ),
];

fn put(headers: &mut BTreeMap<String, Secret>, name: &str, value: &str) {
    headers.insert(name.to_owned(), Secret::new(value));
}

fn inline(text: &str) -> Credential {
    Credential::Inline(Secret::new(text))
}

fn basic() -> Option<BasicAuthentication> {
    Some(BasicAuthentication {
        username: "me".to_owned(),
        password: inline("secret"),
    })
}

async fn one_request(parameters: WriterParameters, endpoint: &Endpoint) -> Received {
    let writer = start(parameters);
    writer.send(samples(&[(7, "up")], 1)).await.unwrap();
    until(&writer, |writer| writer.sent.samples == 1).await;
    endpoint.received().pop().unwrap()
}

#[actix::test]
async fn requests_say_whose_they_are() {
    let endpoint = Endpoint::start(vec![]);
    for (case, change, header, expected) in ROWS {
        let mut parameters = parameters(&endpoint.url);
        change(&mut parameters);
        assert_eq!(
            one_request(parameters, &endpoint).await.header(header),
            expected,
            "{case}"
        );
    }
}

#[actix::test]
async fn a_header_of_several_values_is_sent_once_for_each() {
    let (endpoint, folder) = (Endpoint::start(vec![]), tempfile::tempdir().unwrap());
    let file = folder.path().join("value");
    std::fs::write(&file, "from a file\n").unwrap();
    let mut parameters = parameters(&endpoint.url);
    let headers = &mut parameters.endpoint.http_headers;
    let values = [inline("shown"), inline("hidden"), Credential::File(file)];
    headers.insert("X-Several".to_owned(), values.to_vec());
    headers.insert("X-Scope-OrgID".to_owned(), vec![inline("own")]);
    headers.insert("X-Tenant".to_owned(), vec![inline("lost")]);
    put(&mut parameters.endpoint.headers, "x-several", "first");
    put(&mut parameters.tenant_headers, "x-tenant", "tenant's");
    let request = one_request(parameters, &endpoint).await;
    let values = |name: &str| {
        let headers = request.headers.iter().filter(|(header, _)| header == name);
        headers.map(|(_, value)| value.clone()).collect::<Vec<_>>()
    };
    assert_eq!(values("x-several"), ["first", "shown", "hidden", "from a file"]);
    assert_eq!(values("x-scope-orgid"), ["own"]);
    assert_eq!(values("x-tenant"), ["tenant's"]);
}

#[actix::test]
async fn a_missing_token_is_waited_for_and_a_new_one_is_used() {
    let (endpoint, folder) = (Endpoint::start(vec![]), tempfile::tempdir().unwrap());
    let file = folder.path().join("token");
    let mut parameters = parameters(&endpoint.url);
    parameters.endpoint.bearer_token = Some(Credential::File(file.clone()));
    let writer = start(parameters);
    writer.send(samples(&[(7, "up")], 1)).await.unwrap();
    let description = until(&writer, |writer| writer.retried > 0).await;
    let message = description.last_error.unwrap().message;
    assert!(
        message.contains("cannot read the secret in") && message.contains("token"),
        "{message}"
    );
    for (value, token) in [(1, "first"), (2, "second")] {
        std::fs::write(&file, token).unwrap();
        if value > 1 {
            writer.send(samples(&[(7, "up")], value)).await.unwrap();
        }
        until(&writer, |writer| writer.requests == 0).await;
    }
    let received = endpoint.received();
    let tokens: Vec<_> = received
        .iter()
        .map(|request| request.header("authorization").unwrap())
        .collect();
    assert_eq!(tokens, ["Bearer first", "Bearer second"]);
}

#[test]
fn settings_that_cannot_work_are_refused_with_their_name() {
    let refused = |url: &str, change: fn(&mut WriterParameters)| {
        let mut parameters = parameters(url);
        change(&mut parameters);
        WriterBlueprint::new(parameters)
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    };
    assert!(refused("ftp://store/write", |_| {}).starts_with("url: must begin with"));
    assert!(refused("not a url", |_| {}).starts_with("url: "));
    assert!(refused("/write", |_| {}).starts_with("url: must begin with"));
    let reserved = refused("http://store", |it| {
        put(&mut it.tenant_headers, "Content-Encoding", "gzip")
    });
    assert_eq!(
        reserved,
        "headers: the header \"Content-Encoding\" cannot be configured for remote write"
    );
    assert!(
        refused("http://store", |it| put(
            &mut it.endpoint.headers,
            "two words",
            "x"
        ))
        .contains("two words")
    );
    let value = refused("http://store", |it| {
        put(&mut it.endpoint.headers, "X-Cell", "se\ncret")
    });
    assert!(value.contains("X-Cell") && !value.contains("cret"), "{value}");
}
