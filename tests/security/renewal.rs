//! Certificates are renewed while requests go on, and none of these fails.

use std::fs;
use std::path::{Path, PathBuf};
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

/// A server with certificates of `authority` for both receivers, and the folder that these lie in.
fn start(authority: &Authority) -> (Server, PathBuf) {
    let config = ServerConfig::new();
    let folder = config.folder().to_owned();
    let mut tls = authority.equip(&folder);
    tls["reload_interval"] = json!("100ms");
    let protocols = json!({ "grpc": { "tls": tls }, "http": { "tls": tls } });
    let settings = json!({ "distributor": { "receivers": { "otlp": { "protocols": protocols } } } });
    (config.with(&settings).start(), folder)
}

/// How many requests each receiver has taken.
#[derive(Default)]
struct Sent {
    by_grpc: AtomicU64,
    by_http: AtomicU64,
}

impl Sent {
    fn now(&self) -> (u64, u64) {
        let count = |sent: &AtomicU64| sent.load(Ordering::Relaxed);
        (count(&self.by_grpc), count(&self.by_http))
    }
}

/// Renews the certificates again and again, and breaks them at the end, while `sent` grows; `ended` tells when it does not.
fn renew_while_sending(server: &Server, files: (&Authority, &Path), sent: &Sent, ended: impl Fn() -> bool) {
    let (authority, folder) = files;
    for round in 1..=RENEWALS {
        let before = sent.now();
        authority.renew(folder);
        // Two listeners look at the files, each by itself.
        wait_for(server, "renewed", 2.0 * round as f64);
        until("both go on", PATIENCE, || {
            let now = sent.now();
            let go_on = now.0 > before.0 + 2 && now.1 > before.1 + 2;
            check(ended() || go_on, || format!("{now:?}"))
        });
    }
    let refused_before = renewals(server, "failed");
    fs::write(folder.join("cert.pem"), "none").unwrap();
    wait_for(server, "failed", refused_before + 2.0);
}

#[test]
fn certificates_are_renewed_under_load_without_a_failed_request() {
    let authority = Authority::new();
    let (mut server, folder) = start(&authority);
    let (done, sent) = (AtomicBool::new(false), Sent::default());
    thread::scope(|scope| {
        let senders = [
            scope.spawn(|| send_by_grpc(&server, &authority, &done, &sent.by_grpc)),
            scope.spawn(|| send_by_http(&server, &authority, &done, &sent.by_http)),
        ];
        let ended = || senders.iter().any(thread::ScopedJoinHandle::is_finished);
        renew_while_sending(&server, (&authority, &folder), &sent, ended);
        done.store(true, Ordering::Relaxed);
        for sender in senders {
            assert!(sender.join().is_ok(), "a request failed");
        }
    });
    let (by_grpc, by_http) = sent.now();
    let requests = server.own_metrics().sum("spangraph_receiver_requests_total", &[]);
    assert_eq!(requests, (by_grpc + by_http) as f64);
    let mut anew = GrpcSender::connect_to(authority.channel(server.ports.grpc, None)).unwrap();
    anew.deliver(pair(1));
    assert!(server.stop().success());
    assert!(server.process.log().contains("the old ones stay"));
}
