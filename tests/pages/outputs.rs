//! The outputs page: an endpoint that fails is seen with its likely fix, also on the overview, and no secret is shown.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::otlp::{GrpcSender, Sender};
use crate::harness::spans::pair;
use crate::harness::until::check;
use crate::harness::{Behaviour, RemoteWriteReceiver, Server, ServerConfig, until};

const PATIENCE: Duration = Duration::from_secs(20);

fn json_of(server: &Server, path: &str) -> Value {
    serde_json::from_str(&server.text(path, "application/json")).unwrap()
}

fn deliver(server: &Server) {
    GrpcSender::connect(&server.otlp_grpc()).deliver(pair(1));
}

fn first_endpoint(server: &Server) -> Value {
    json_of(server, "/api/v1/outputs")["endpoints"][0].clone()
}

/// Waits until the only endpoint is in `state`, and gives it.
fn wait_for_state(server: &Server, state: &str) -> Value {
    until("the endpoint's state is seen", PATIENCE, || {
        let endpoint = first_endpoint(server);
        check(endpoint["state"] == state, || {
            format!("{endpoint:#} is not {state}")
        })
    });
    first_endpoint(server)
}

/// Waits until the overview lists the endpoint as failing, with `remedy`.
fn wait_for_attention(server: &Server, remedy: &str) {
    until("the overview tells of it", PATIENCE, || {
        let overview = json_of(server, "/api/v1/overview");
        let attention = overview["attention"].as_array().unwrap();
        let is_told = attention.iter().any(|each| {
            let text = |name: &str| each[name].as_str().unwrap().to_owned();
            each["severity"] == "bad" && text("title").contains("fails") && text("remedy").contains(remedy)
        });
        check(is_told, || format!("{attention:#?}"))
    });
}

#[test]
fn an_endpoint_that_answers_404_is_seen_with_its_fix_and_after_it_recovered() {
    let remote = RemoteWriteReceiver::start();
    remote.behave(Behaviour::Answer(404));
    let server = ServerConfig::new().remote_write(&remote.url()).start();
    deliver(&server);
    let endpoint = wait_for_state(&server, "failing");
    let error = &endpoint["last_error"];
    let fix = error["likely_fix"].as_str().unwrap();
    assert!(fix.contains("--web.enable-remote-write-receiver"), "{fix}");
    assert!(endpoint["failed"]["samples"].as_u64() > Some(0), "{endpoint:#}");
    wait_for_attention(&server, "--web.enable-remote-write-receiver");
    for page in ["/", "/outputs"] {
        let text = server.text(page, "text/html");
        assert!(
            text.contains("--web.enable-remote-write-receiver"),
            "{page}: {text}"
        );
    }
    remote.behave(Behaviour::Accept);
    let endpoint = wait_for_state(&server, "impaired");
    assert!(endpoint["sent"]["samples"].as_u64() > Some(0), "{endpoint:#}");
    assert_eq!(&endpoint["last_error"]["likely_fix"], &error["likely_fix"]);
}

#[test]
fn an_endpoint_where_nothing_listens_is_seen_with_its_fix() {
    let mut remote = RemoteWriteReceiver::start();
    remote.refuse_connections();
    let server = ServerConfig::new().remote_write(&remote.url()).start();
    deliver(&server);
    let endpoint = wait_for_state(&server, "failing");
    let fix = endpoint["last_error"]["likely_fix"].as_str().unwrap();
    assert!(fix.contains("Nothing listens there"), "{endpoint:#}");
    assert_eq!(endpoint["url"], remote.url());
    wait_for_attention(&server, "Nothing listens there");
}

#[test]
fn no_secret_of_an_endpoint_is_shown() {
    let remote = RemoteWriteReceiver::start();
    remote.behave(Behaviour::Answer(401));
    let endpoint = json!({
        "name": "main",
        "url": format!("{}?token=secret-in-the-query", remote.url()),
        "headers": { "X-Key": "secret-in-a-header" },
        "basic_auth": { "username": "someone", "password": "secret-password" },
    });
    let remote_write = json!({ "metrics_generator": { "storage": { "remote_write": [endpoint] } } });
    let server = ServerConfig::new().with(&remote_write).start();
    deliver(&server);
    let endpoint = wait_for_state(&server, "failing");
    assert_eq!(endpoint["url"], format!("{}?token=<secret>", remote.url()));
    for page in ["/", "/outputs", "/api/v1/outputs", "/api/v1/overview"] {
        let text = server.text(page, "*/*");
        assert!(!text.contains("secret-"), "{page}: {text}");
    }
}

#[test]
fn without_an_endpoint_the_page_tells_how_to_scrape_and_counts_it() {
    let server = ServerConfig::new().start();
    let page = server.text("/outputs", "text/html");
    assert!(page.contains("metrics_path: /metrics/generated"), "{page}");
    assert!(page.contains("Nobody has scraped"), "{page}");
    deliver(&server);
    let scrapes = || server.own_metrics().sum("spangraph_generated_scrapes_total", &[]);
    assert_eq!(scrapes(), 0.0);
    (0..3).for_each(|_| drop(server.generated()));
    assert_eq!(scrapes(), 3.0);
    until("the scrapes are reported", PATIENCE, || {
        let report = json_of(&server, "/api/v1/outputs");
        let is_known =
            report["scrapes"]["count"] == 3 && report["scrapes"]["last_unix_milliseconds"].is_u64();
        check(is_known, || format!("{report:#}"))
    });
}
