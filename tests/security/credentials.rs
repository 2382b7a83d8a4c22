//! Credentials: who has none is not let in, and who has one sends as its tenant and as no other.

use std::fs;
use std::time::Duration;

use reqwest::Method;
use reqwest::blocking::{Client, RequestBuilder, Response};
use serde_json::json;
use spangraph_test_support::exposition::Scrape;

use crate::harness::otlp::{ALL_ACCEPTED, Answer, GrpcSender, HttpSender, Sender};
use crate::harness::spans::pair;
use crate::harness::until::check;
use crate::harness::{Server, ServerConfig, until};

const TOKEN_A: &str = "Bearer s3cr3t-a";
/// `b:s3cr3t-b`.
const BASIC_B: &str = "Basic YjpzM2NyM3QtYg==";
const ANY: &str = "Bearer s3cr3t-any";
const READER: &str = "Bearer s3cr3t-reader";

/// A server with tenants whose receivers know `a`, `b` and one who may name any tenant.
fn with_senders() -> Server {
    let config = ServerConfig::new();
    let file = config.folder().join("a.token");
    fs::write(&file, "s3cr3t-a\n").unwrap();
    config
        .with(&json!({
            "server": { "log_level": "debug" },
            "multitenancy_enabled": true,
            "spangraph": { "authentication": { "receivers": [
                { "bearer_token_file": file, "tenant": "a" },
                { "basic_auth": { "username": "b", "password": "s3cr3t-b" }, "tenant": "b" },
                { "bearer_token": "s3cr3t-any" },
            ] } },
        }))
        .start()
}

fn senders(server: &Server, authorization: Option<&str>) -> [Box<dyn Sender>; 2] {
    let mut grpc = GrpcSender::connect(&server.otlp_grpc());
    let mut http = HttpSender::new(&server.otlp_http());
    if let Some(value) = authorization {
        grpc = grpc.with_authorization(value);
        http = http.with_authorization(value);
    }
    [Box::new(grpc), Box::new(http)]
}

fn refused(answer: Answer) -> String {
    let Answer::Refused(text) = answer else {
        panic!("{answer:?}")
    };
    text
}

#[test]
fn credentials_decide_the_tenant() {
    let mut server = with_senders();
    for (authorization, tenant, owner) in [
        (TOKEN_A, None, "a"),
        (TOKEN_A, Some("a"), "a"),
        (BASIC_B, None, "b"),
        (ANY, Some("c"), "c"),
    ] {
        for mut sender in senders(&server, Some(authorization)) {
            assert_eq!(sender.send_as(tenant, pair(1)), ALL_ACCEPTED, "{owner}");
        }
    }
    let received = server
        .own_metrics()
        .sum_by_label("spangraph_spans_received_total", "tenant");
    let expected = [("a", 8.0), ("b", 4.0), ("c", 4.0)];
    assert_eq!(
        received,
        expected.map(|(tenant, spans)| (tenant.to_owned(), spans)).into()
    );
    assert!(server.stop().success());
}

#[test]
fn a_credential_of_one_tenant_never_writes_to_another() {
    let mut server = with_senders();
    for (authorization, tenant) in [
        (TOKEN_A, "b"),
        (BASIC_B, "a"),
        (TOKEN_A, "A"),
        (TOKEN_A, "a/../b"),
    ] {
        let [mut grpc, mut http] = senders(&server, Some(authorization));
        let told = refused(grpc.send_as(Some(tenant), pair(1)));
        assert!(
            told.contains("not of the tenant") && told.to_lowercase().contains("permission"),
            "{told}"
        );
        let told = refused(http.send_as(Some(tenant), pair(1)));
        assert!(
            told.starts_with("403") && told.contains("not of the tenant"),
            "{told}"
        );
    }
    let metrics = server.own_metrics();
    assert_eq!(metrics.sum("spangraph_spans_received_total", &[]), 0.0);
    for transport in ["grpc", "http"] {
        let labels = [("transport", transport), ("reason", "forbidden")];
        assert_eq!(metrics.sum("spangraph_receiver_refused_total", &labels), 4.0);
        let labels = [("listener", transport), ("reason", "foreign_tenant")];
        assert_eq!(
            metrics.sum("spangraph_authentication_failures_total", &labels),
            4.0
        );
    }
    assert!(server.stop().success());
}

#[test]
fn who_is_not_known_is_not_let_in_and_is_counted_by_reason() {
    let mut server = with_senders();
    for (authorization, reason) in [
        (None, "missing"),
        (Some("Bearer s3cr3t-x"), "unknown"),
        (Some("Basic YjpzM2NyM3QtYQ=="), "unknown"),
        (Some("s3cr3t-a"), "malformed"),
    ] {
        let before = server.own_metrics();
        let [mut grpc, mut http] = senders(&server, authorization);
        let told = refused(grpc.send_as(Some("a"), pair(1)));
        assert!(told.to_lowercase().contains("authentic"), "{told}");
        let told = refused(http.send_as(Some("a"), pair(1)));
        assert!(told.starts_with("401"), "{told}");
        let after = server.own_metrics();
        for listener in ["grpc", "http"] {
            let labels = [("listener", listener), ("reason", reason)];
            let count = |metrics: &Scrape| metrics.sum("spangraph_authentication_failures_total", &labels);
            assert_eq!(count(&after) - count(&before), 1.0, "{listener} {reason}");
        }
    }
    let answer = Client::new()
        .post(format!("{}/v1/traces", server.otlp_http()))
        .send()
        .unwrap();
    let challenge = answer.headers()["www-authenticate"].to_str().unwrap();
    assert!(
        challenge.contains("Basic realm=") && challenge.contains("Bearer realm="),
        "{challenge}"
    );
    assert_eq!(
        server.own_metrics().sum("spangraph_spans_received_total", &[]),
        0.0
    );
    assert!(server.stop().success());
    assert!(
        !server.process.log().contains("s3cr3t"),
        "{}",
        server.process.log()
    );
}

#[test]
fn a_token_in_a_file_is_renewed() {
    let config = ServerConfig::new();
    let file = config.folder().join("token");
    fs::write(&file, "old").unwrap();
    let server = config
        .with(&json!({ "spangraph": { "authentication": { "receivers": [{ "bearer_token_file": file }] } } }))
        .start();
    let mut old = HttpSender::new(&server.otlp_http()).with_authorization("Bearer old");
    old.deliver(pair(1));
    fs::write(&file, "new").unwrap();
    let mut new = HttpSender::new(&server.otlp_http()).with_authorization("Bearer new");
    until("the new token is taken", Duration::from_secs(30), || {
        let answer = new.send(pair(2));
        check(answer == ALL_ACCEPTED, || format!("{answer:?}"))
    });
    assert!(refused(old.send(pair(3))).starts_with("401"));
}

/// A server whose pages ask for a token, or for user and password.
fn with_readers() -> Server {
    ServerConfig::new()
        .with(&json!({ "spangraph": { "authentication": { "pages": [
            { "bearer_token": "s3cr3t-reader" },
            { "basic_auth": { "username": "prometheus", "password": "s3cr3t-scrape" } },
        ] } } }))
        .start()
}

fn ask(
    server: &Server,
    method: Method,
    path: &str,
    with: impl Fn(RequestBuilder) -> RequestBuilder,
) -> Response {
    with(Client::new().request(method, server.page(path)))
        .send()
        .unwrap()
}

fn ask_as_reader(server: &Server, path: &str) -> Response {
    ask(server, Method::GET, path, |request| {
        request.header("authorization", READER)
    })
}

fn ask_as_scraper(server: &Server, password: &str) -> Response {
    ask(server, Method::GET, "/metrics", |request| {
        request.basic_auth("prometheus", Some(password))
    })
}

/// The paths of all pages, as the server lists them.
fn paths(server: &Server) -> Vec<String> {
    let endpoints = ask_as_reader(server, "/status/endpoints").text().unwrap();
    let paths = endpoints
        .lines()
        .filter_map(|line| line.strip_prefix("GET, HEAD  "));
    paths.map(str::to_owned).collect()
}

/// Asks for `path` without credentials, by every method.
fn assert_closed(server: &Server, path: &str) {
    for method in [Method::GET, Method::HEAD, Method::POST] {
        let answer = ask(server, method.clone(), path, |request| request);
        let headers = answer.headers();
        assert_eq!(answer.status(), 401, "{method} {path}");
        assert!(headers.contains_key("www-authenticate"), "{method} {path}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{method} {path}");
    }
}

#[test]
fn pages_ask_everybody_except_who_looks_whether_the_process_is_well() {
    let server = with_readers();
    let open = ["/ready", "/healthz"];
    for path in open {
        assert_eq!(
            ask(&server, Method::GET, path, |request| request).status(),
            200,
            "{path}"
        );
    }
    let paths = paths(&server);
    let closed = paths
        .iter()
        .map(String::as_str)
        .filter(|path| !open.contains(path));
    let others = ["/no-such-page", "/ready/", "//ready", "/Ready", "/-/reload"];
    let closed: Vec<_> = closed.chain(others).collect();
    assert!(closed.len() > 15, "{closed:?}");
    closed.iter().for_each(|path| assert_closed(&server, path));
    let labels = [("listener", "pages"), ("reason", "missing")];
    let metrics = ask_as_scraper(&server, "s3cr3t-scrape")
        .error_for_status()
        .unwrap();
    let metrics = Scrape::parse(&metrics.text().unwrap()).unwrap();
    assert!(metrics.sum("spangraph_authentication_failures_total", &labels) > 45.0);
    assert_eq!(ask_as_scraper(&server, "s3cr3t-reader").status(), 401);
}

#[test]
fn readers_see_every_page_and_no_secret_on_it() {
    let mut server = with_readers();
    let filled = |path: String| path.replace("{id}", "single-tenant").replace("{service}", "shop");
    let paths = paths(&server).into_iter().map(filled);
    for path in paths.chain(["/config?mode=diff".to_owned()]) {
        let answer = ask_as_reader(&server, &path);
        assert_ne!(answer.status(), 401, "{path}");
        assert!(!answer.text().unwrap().contains("s3cr3t"), "{path}");
    }
    assert!(server.stop().success());
    let log = server.process.log();
    assert!(!log.contains("s3cr3t"), "{log}");
}

#[test]
fn a_listener_that_lets_in_anybody_is_told_at_start_and_on_the_overview() {
    let config = ServerConfig::new();
    let port = config.ports.http;
    let over = json!({ "distributor": { "receivers": { "otlp": { "protocols": {
        "http": { "endpoint": format!("0.0.0.0:{port}") },
    } } } } });
    let mut server = config.with(&over).start();
    let overview = server.text("/", "text/html");
    // All addresses are those of IPv6 too, where there are any.
    let has_ipv6 = std::net::TcpListener::bind("[::1]:0").is_ok();
    let all = if has_ipv6 { "[::]" } else { "0.0.0.0" };
    let title = format!("Everybody who reaches {all}:{port} is let in");
    assert!(overview.contains(&title), "{overview}");
    assert!(
        overview.contains("Fill spangraph.authentication.receivers"),
        "{overview}"
    );
    server.stop();
    let log = server.process.log();
    assert!(log.contains("is let in, without credentials"), "{log}");
    assert_eq!(log.matches("is let in, without credentials").count(), 1, "{log}");
}
