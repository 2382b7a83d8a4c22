//! An actor that does not come to the end of a message is told of while it hangs: by `/ready`, pages and metrics.

use std::time::Duration;

use reqwest::blocking::{Client, get};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::harness::otlp::{GrpcSender, Sender};
use crate::harness::spans::pair;
use crate::harness::until::check;
use crate::harness::{Server, ServerConfig, until};

const PATIENCE: Duration = Duration::from_secs(40);

fn json_of(server: &Server, path: &str) -> Value {
    let answer = Client::new().get(server.page(path)).send().unwrap();
    answer.error_for_status().unwrap().json().unwrap()
}

fn grpc_health(server: &Server) -> ServingStatus {
    let asked = async {
        let channel = Channel::from_shared(server.otlp_grpc()).unwrap();
        let mut probe = HealthClient::new(channel.connect().await.unwrap());
        let answer = probe.check(HealthCheckRequest::default()).await.unwrap();
        answer.into_inner().status()
    };
    Runtime::new().unwrap().block_on(asked)
}

/// A server whose only matcher hangs at its first message, which is on its way.
fn with_hanging_matcher() -> Server {
    let server = ServerConfig::new()
        .environment("SPANGRAPH_FAULT_STUCK", "matcher 0")
        .with(&json!({ "spangraph": { "matcher": { "shards": 1 }, "stop": { "deadline": "3s" } } }))
        .start();
    // The ingest actor takes it.
    GrpcSender::connect(&server.otlp_grpc()).deliver(pair(1));
    server
}

fn wait_until_not_ready(server: &Server) {
    until("/ready tells why not", PATIENCE, || {
        let answer = get(server.page("/ready")).unwrap();
        let (status, text) = (answer.status().as_u16(), answer.text().unwrap());
        let is_told =
            status == 503 && text.contains("not ready: actor matcher 0 has handled one message for");
        check(is_told, || format!("{status} {text}"))
    });
}

#[test]
fn an_actor_that_hangs_makes_the_server_not_ready_but_leaves_it_alive() {
    let server = with_hanging_matcher();
    wait_until_not_ready(&server);
    until("the gRPC health service tells the same", PATIENCE, || {
        let status = grpc_health(&server);
        check(status == ServingStatus::NotServing, || format!("{status:?}"))
    });
    assert_eq!(get(server.page("/healthz")).unwrap().status().as_u16(), 200);
    let labels = [("actor", "matcher"), ("index", "0")];
    let seconds = server
        .own_metrics()
        .sum("spangraph_actor_current_message_seconds", &labels);
    assert!(seconds > 5.0, "{seconds}");
}

/// Whether an actor of the report is told of as one that hangs.
fn is_conspicuous(actor: &Value) -> bool {
    let seconds = actor["current_message_seconds"].as_f64();
    let busy_share = actor["busy_share"].as_f64();
    let told = actor["conspicuous"].as_str().unwrap_or_default();
    seconds > Some(5.0) && busy_share > Some(0.3) && told.contains("one message for")
}

#[test]
fn an_actor_that_hangs_is_shown_among_the_actors_and_on_the_overview() {
    let server = with_hanging_matcher();
    until("the actor is shown", PATIENCE, || {
        let report = json_of(&server, "/api/v1/actors");
        let actors = report["actors"].as_array().unwrap();
        let matcher = actors.iter().find(|actor| actor["name"] == "matcher 0").unwrap();
        check(is_conspicuous(matcher), || matcher.to_string())
    });
    until("the overview tells", PATIENCE, || {
        let overview = json_of(&server, "/api/v1/overview");
        let is_told = |finding: &Value| {
            let title = finding["title"].as_str().unwrap_or_default();
            finding["severity"] == "bad" && title.contains("Actor matcher 0")
        };
        let found = overview["attention"].as_array().unwrap();
        check(found.iter().any(is_told), || overview["attention"].to_string())
    });
}
