//! Certificates are renewed while requests go on, and none of these fails.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use prost::Message;
use serde_json::json;

use crate::harness::certificates::Authority;
use crate::harness::otlp::{GrpcSender, Sender};
use crate::harness::spans::pair;
use crate::harness::until::check;
use crate::harness::{Server, ServerConfig, until};

const RENEWALS: u64 = 5;
const PATIENCE: Duration = Duration::from_secs(20);

fn renewals(server: &Server, outcome: &str) -> f64 {
    let labels = [("outcome", outcome)];
    server.own_metrics().sum("spangraph_tls_renewals_total", &labels)
}

fn wait_for(server: &Server, outcome: &str, least: f64) {
    until("the files are seen", PATIENCE, || {
        let seen = renewals(server, outcome);
        check(seen >= least, || format!("{seen} of {least} {outcome}"))
    });
}

/// Sends over connections that are kept and over new ones until `done`; gives how many requests were taken.
fn send_until(done: &AtomicBool, sent: &AtomicU64, mut send: impl FnMut(bool, u64)) {
    let mut trace = 0;
    while !done.load(Ordering::Relaxed) {
        trace += 1;
        send(trace % 2 == 0, trace);
        sent.fetch_add(1, Ordering::Relaxed);
    }
}

fn send_by_grpc(server: &Server, authority: &Authority, done: &AtomicBool, sent: &AtomicU64) {
    let connect = || GrpcSender::connect_to(authority.channel(server.ports.grpc, None)).unwrap();
    let mut kept = connect();
    send_until(done, sent, |anew, trace| {
        if anew {
            connect().deliver(pair(trace));
        } else {
            kept.deliver(pair(trace));
        }
    });
}

fn send_by_http(server: &Server, authority: &Authority, done: &AtomicBool, sent: &AtomicU64) {
    let url = format!("https://127.0.0.1:{}/v1/traces", server.ports.http);
    let mut client = authority.https(None);
    send_until(done, sent, |anew, trace| {
        if anew {
            client.forget_connections();
        }
        assert_eq!(client.post(&url, pair(trace).encode_to_vec()), Ok(200));
    });
}

#[test]
fn certificates_are_renewed_under_load_without_a_failed_request() {
    let authority = Authority::new();
    let config = ServerConfig::new();
    let folder = config.folder().to_owned();
    let mut tls = authority.equip(&folder);
    tls["reload_interval"] = json!("100ms");
    let mut server = config
        .with(&json!({ "distributor": { "receivers": { "otlp": { "protocols": {
            "grpc": { "tls": tls }, "http": { "tls": tls },
        } } } } }))
        .start();
    let (done, by_grpc, by_http) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        let senders = [
            scope.spawn(|| send_by_grpc(&server, &authority, &done, &by_grpc)),
            scope.spawn(|| send_by_http(&server, &authority, &done, &by_http)),
        ];
        for round in 1..=RENEWALS {
            let before = (by_grpc.load(Ordering::Relaxed), by_http.load(Ordering::Relaxed));
            authority.renew(&folder);
            // Two listeners look at the files, each by itself.
            wait_for(&server, "renewed", 2.0 * round as f64);
            until("both go on", PATIENCE, || {
                let ended = senders.iter().any(thread::ScopedJoinHandle::is_finished);
                let now = (by_grpc.load(Ordering::Relaxed), by_http.load(Ordering::Relaxed));
                check(ended || (now.0 > before.0 + 2 && now.1 > before.1 + 2), || {
                    format!("{now:?}")
                })
            });
        }
        let refused_before = renewals(&server, "failed");
        fs::write(folder.join("cert.pem"), "none").unwrap();
        wait_for(&server, "failed", refused_before + 2.0);
        done.store(true, Ordering::Relaxed);
        for sender in senders {
            assert!(sender.join().is_ok(), "a request failed");
        }
    });
    let sent = by_grpc.into_inner() + by_http.into_inner();
    assert_eq!(
        server.own_metrics().sum("spangraph_receiver_requests_total", &[]),
        sent as f64
    );
    GrpcSender::connect_to(authority.channel(server.ports.grpc, None))
        .unwrap()
        .deliver(pair(1));
    assert!(server.stop().success());
    assert!(server.process.log().contains("the old ones stay"));
}
