//! Pages in a real browser send with the web SDK from origins that are allowed and from one that is not.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use super::{CALLED, CALLER, installed, wait_for_edge};
use crate::harness::browser::Browser;
use crate::harness::site::Site;
use crate::harness::until::check;
use crate::harness::{Server, ServerConfig, until};

fn site() -> Site {
    Site::start(fs::read(installed("node/send_pair_web.js")).expect("the bundle is there"))
}

fn server(cors: &Value, multitenancy: bool) -> Server {
    let http = json!({ "http": { "cors": cors } });
    let settings = json!({
        "multitenancy_enabled": multitenancy,
        "distributor": { "receivers": { "otlp": { "protocols": http } } },
    });
    ServerConfig::new().with(&settings).start()
}

/// What became of sending from the page that `browser` shows.
fn send(browser: &Browser, server: &Server, headers: &Value) -> String {
    let mut options = json!({ "url": format!("{}/v1/traces", server.otlp_http()), "timeoutMillis": 5000 });
    if !headers.is_null() {
        options["headers"] = headers.clone();
    }
    browser.wait_for("typeof window.sendPair === 'function'");
    // A script's value may be a promise, which the driver waits for.
    let outcome = browser.value(&format!("window.sendPair({options}, '{CALLER}', '{CALLED}')"));
    outcome.as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_page_of_an_allowed_origin_sends() {
    let site = site();
    let server = server(&json!({ "allowed_origins": [site.origin()] }), false);
    let browser = Browser::start(800, 600);
    browser.open(&site.origin());
    assert_eq!(send(&browser, &server, &Value::Null), "sent");
    wait_for_edge(&server);
    assert_eq!(browser.console(), [""; 0]);
}

#[test]
fn a_page_of_an_origin_that_a_wildcard_allows_sends_with_allowed_headers() {
    let site = site();
    let cors =
        json!({ "allowed_origins": [site.wildcard_origin()], "allowed_headers": ["X-Mine"], "max_age": 60 });
    let server = server(&cors, false);
    let browser = Browser::start(800, 600);
    browser.open(&site.origin());
    assert_eq!(send(&browser, &server, &json!({ "X-Mine": "1" })), "sent");
    wait_for_edge(&server);
    assert_eq!(browser.console(), [""; 0]);
}

#[test]
fn a_beacon_arrives_with_credentials_and_any_origin_sends_without() {
    let site = site();
    let (named, any) = (
        server(&json!({ "allowed_origins": [site.origin()] }), false),
        server(&json!({ "allowed_origins": ["*"] }), false),
    );
    let browser = Browser::start(800, 600);
    browser.open(&site.origin());
    assert_eq!(send(&browser, &any, &Value::Null), "sent");
    wait_for_edge(&any);
    // Browsers send beacons, as older SDKs do, with credentials.
    let spans = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b173","name":"a","kind":3}]}]}]}"#;
    let beacon = format!(
        "navigator.sendBeacon('{}/v1/traces', new Blob(['{spans}'], {{ type: 'application/json' }}))",
        named.otlp_http()
    );
    assert_eq!(browser.value(&beacon), json!(true));
    until("the beacon's span is counted", Duration::from_secs(10), || {
        let received = named.own_metrics().sum("spangraph_spans_received_total", &[]);
        check((received - 1.0).abs() < f64::EPSILON, || {
            format!("{received} spans")
        })
    });
}

#[test]
fn a_page_of_another_origin_and_one_with_other_headers_send_nothing() {
    let (allowed, other) = (site(), site());
    let server = server(&json!({ "allowed_origins": [allowed.origin()] }), false);
    let browser = Browser::start(800, 600);
    for (site, headers) in [
        (&other, json!({ "x-requested-with": "1" })),
        (&allowed, json!({ "X-Mine": "1" })),
    ] {
        browser.open(&site.origin());
        let outcome = send(&browser, &server, &headers);
        assert!(outcome.starts_with("not sent"), "{outcome}");
        let console = browser.console().concat();
        assert!(console.contains("CORS"), "{console}");
    }
    let received = server.own_metrics().sum("spangraph_spans_received_total", &[]);
    assert!(received.abs() < f64::EPSILON, "{received} spans came");
}

#[test]
fn a_page_sees_why_it_was_refused() {
    let site = site();
    let server = server(&json!({ "allowed_origins": [site.origin()] }), true);
    let browser = Browser::start(800, 600);
    browser.open(&site.origin());
    for (path, expected) in [("/v1/traces", "401 no tenant"), ("/v1/trace", "404 unknown path")] {
        let url = format!("{}{path}", server.otlp_http());
        let answer = browser.value(&format!(
            "fetch('{url}', {{ method: 'POST', headers: {{ 'content-type': 'application/json' }}, body: '{{}}' }})\
             .then(async (answer) => `${{answer.status}} ${{(await answer.json()).message}}`, String)"
        ));
        assert!(
            answer.as_str().unwrap_or_default().starts_with(expected),
            "{answer}"
        );
    }
}
