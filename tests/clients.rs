//! Real OpenTelemetry SDKs send a client span and its server child, and the edge is there.

mod rust_sdk;
mod web_sdk;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::harness::until::check;
use crate::harness::{Server, ServerConfig, until};

/// The services of the pair that every client sends.
const CALLER: &str = "checkout";
const CALLED: &str = "payment";

/// Waits for exactly one edge from caller to called.
fn wait_for_edge(server: &Server) {
    until("the client's edge is generated", Duration::from_secs(15), || {
        let edges = server.generated().sum(
            "traces_service_graph_request_total",
            &[("client", CALLER), ("server", CALLED)],
        );
        check((edges - 1.0).abs() < f64::EPSILON, || {
            format!("{edges} requests from {CALLER} to {CALLED}")
        })
    });
}

/// Where `scripts/install-clients.sh` puts the clients of other languages.
fn installed(path: &str) -> PathBuf {
    // CARGO_TARGET_TMPDIR is `tmp` in the target folder, wherever that is.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("target folder");
    let file = target.join("clients").join(path);
    assert!(
        file.exists(),
        "{} is missing: run `scripts/install-clients.sh`",
        file.display()
    );
    file
}

/// A client's script.
fn script(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/clients")
        .join(path)
}

/// Runs a client that takes the protocol and the endpoint, and waits for its edge.
fn run_client(command: &mut Command, protocol: &str, grpc: bool) {
    let server = ServerConfig::new().start();
    let endpoint = if grpc {
        server.otlp_grpc()
    } else {
        format!("{}/v1/traces", server.otlp_http())
    };
    let output = command
        .args([protocol, &endpoint, CALLER, CALLED])
        .output()
        .expect("client starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{}\n{errors}",
        String::from_utf8_lossy(&output.stdout)
    );
    wait_for_edge(&server);
}

fn run_python(protocol: &str, grpc: bool) {
    let mut command = Command::new(installed("python/bin/python"));
    run_client(command.arg(script("send_pair.py")), protocol, grpc);
}

fn run_node(protocol: &str, grpc: bool) {
    let mut command = Command::new("node");
    command.env("NODE_PATH", installed("node/node_modules"));
    run_client(command.arg(script("send_pair.cjs")), protocol, grpc);
}

#[test]
fn python_sends_grpc() {
    run_python("grpc", true);
}

#[test]
fn python_sends_http_protobuf() {
    run_python("http/protobuf", false);
}

#[test]
fn node_sends_grpc() {
    run_node("grpc", true);
}

#[test]
fn node_sends_http_protobuf() {
    run_node("http/protobuf", false);
}

#[test]
fn node_sends_http_json() {
    run_node("http/json", false);
}
