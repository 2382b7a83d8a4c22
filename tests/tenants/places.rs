//! How many tenants run is bounded, and ids that are refused leave nothing behind.

use std::time::Duration;

use prost::Message as _;
use reqwest::blocking::Client;
use serde_json::{Value, json};

use super::{json_of, senders, with_tenants};
use crate::harness::otlp::{ALL_ACCEPTED, Answer, PROTOBUF, Sender};
use crate::harness::spans::pair;
use crate::harness::until::check;
use crate::harness::{Server, until};

/// How many foreign ids are tried.
const STRANGERS: u64 = 200;

/// A server for two tenants, who have both sent, and senders to it.
fn full() -> (Server, [Box<dyn Sender>; 2]) {
    let most = json!({ "spangraph": { "admission": { "max_tenants": 2 } } });
    let server = with_tenants(&json!({})).with(&most).start();
    let [mut grpc, mut http] = senders(&server);
    assert_eq!(grpc.send_as(Some("one"), pair(1)), ALL_ACCEPTED);
    assert_eq!(http.send_as(Some("two"), pair(1)), ALL_ACCEPTED);
    (server, [grpc, http])
}

/// Lets all strangers send in both ways; none of them is let in.
fn send_strangers(senders: &mut [Box<dyn Sender>]) {
    let wait = Answer::Overloaded {
        retry_after: Some(Duration::from_secs(30)),
    };
    for stranger in 1..=STRANGERS {
        let id = format!("stranger-{stranger}");
        for sender in &mut *senders {
            assert_eq!(sender.send_as(Some(&id), pair(stranger)), wait);
        }
    }
}

#[test]
fn a_tenant_past_the_bound_is_refused_with_advice_while_others_go_on() {
    let (server, mut senders) = full();
    send_strangers(&mut senders);
    for sender in &mut senders {
        assert_eq!(sender.send_as(Some("one"), pair(2)), ALL_ACCEPTED);
    }
    let refused = server.own_metrics().sum(
        "spangraph_receiver_refused_total",
        &[("reason", "too_many_tenants")],
    );
    assert_eq!(refused, f64::from(u32::try_from(2 * STRANGERS).unwrap()));
    until("the overview tells", Duration::from_secs(20), || {
        let overview = json_of(&server, "/api/v1/overview");
        let is_told = |finding: &Value| finding["title"] == "Requests of further tenants are refused";
        let found = overview["attention"].as_array().unwrap();
        check(found.iter().any(is_told), || overview["attention"].to_string())
    });
}

#[test]
fn a_tenant_past_the_bound_leaves_nothing() {
    let (server, mut senders) = full();
    let before = server.text("/metrics", "text/plain").lines().count();
    send_strangers(&mut senders);
    let text = server.text("/metrics", "text/plain");
    assert!(!text.contains("stranger"), "{text}");
    // A few lines for the refusals themselves, none for an id.
    let after = text.lines().count();
    assert!(after < before + 40, "{before} lines became\n{text}");
    let tenants = &json_of(&server, "/api/v1/tenants")["tenants"];
    assert_eq!(tenants.as_array().unwrap().len(), 2, "{tenants}");
}

#[test]
fn the_refusal_names_the_setting_and_what_has_no_spans_is_taken() {
    let most = json!({ "spangraph": { "admission": { "max_tenants": 1 } } });
    let server = with_tenants(&json!({})).with(&most).start();
    let [mut grpc, _] = senders(&server);
    assert_eq!(grpc.send_as(Some("one"), pair(1)), ALL_ACCEPTED);
    let send = |content_type: &'static str, body: Vec<u8>| {
        let request = Client::new().post(format!("{}/v1/traces", server.otlp_http()));
        let request = request
            .header("content-type", content_type)
            .header("x-scope-orgid", "two");
        request.body(body).send().unwrap()
    };
    assert_eq!(send("application/json", b"{}".to_vec()).status(), 200);
    let answer = send(PROTOBUF, pair(2).encode_to_vec());
    assert_eq!(
        (
            answer.status().as_u16(),
            answer.headers()["retry-after"].as_bytes()
        ),
        (429, &b"30"[..])
    );
    let text = String::from_utf8_lossy(&answer.bytes().unwrap()).into_owned();
    assert!(text.contains("spangraph.admission.max_tenants"), "{text}");
}

#[test]
fn requests_that_are_no_traces_start_no_tenant() {
    let server = with_tenants(&json!({})).start();
    let answer = Client::new()
        .post(format!("{}/v1/traces", server.otlp_http()))
        .header("content-type", "application/x-protobuf")
        .header("x-scope-orgid", "nonsense")
        .body(vec![0xff; 100])
        .send()
        .unwrap();
    assert_eq!(answer.status().as_u16(), 400);
    assert!(!server.text("/metrics", "text/plain").contains("nonsense"));
    assert_eq!(json_of(&server, "/api/v1/tenants")["tenants"], json!([]));
}
