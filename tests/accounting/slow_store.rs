//! The settings of an endpoint change again and again while its store is slow: no sample overtakes another, no call is lost.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::reload::{check_written, reload};
use crate::harness::otlp::{HttpSender, Sender};
use crate::harness::spans::pair;
use crate::harness::{Behaviour, RemoteWriteReceiver, Server, ServerConfig};

const RELOADS: usize = 9;

/// Settings of an endpoint that is the same store under all of them.
fn variant(number: usize, url: &str) -> Value {
    let rules = json!([{ "action": "labeldrop", "regex": format!("never_there_{number}") }]);
    let endpoint = json!({
        "url": url,
        "name": if number % 3 == 2 { "renamed" } else { "store" },
        "remote_timeout": format!("{}s", 20 + number),
        "write_relabel_configs": if number % 4 > 1 { rules } else { json!([]) },
        "queue_config": { "max_samples_per_send": 5 + number },
    });
    json!({ "metrics_generator": {
        "registry": { "collection_interval": "300ms" },
        "processor": { "service_graphs": {
            "dimensions": if number.is_multiple_of(2) { json!([]) } else { json!(["db.name"]) },
        } },
        "storage": { "remote_write": [endpoint] },
    } })
}

/// Sends calls until `sending` is over, and tells how many there were.
fn send(server: &Server, sending: &AtomicBool) -> u32 {
    let mut sender = HttpSender::new(&server.otlp_http());
    let mut calls = 0;
    while sending.load(Ordering::Relaxed) {
        calls += 1;
        sender.deliver(pair(u64::from(calls)));
        thread::sleep(Duration::from_millis(3));
    }
    calls
}

#[test]
fn changes_of_an_endpoint_whose_store_is_slow_let_no_sample_overtake_and_lose_no_call() {
    let remote = RemoteWriteReceiver::start();
    remote.behave(Behaviour::SlowAndInOrder(Duration::from_millis(400)));
    let url = remote.url();
    let server = ServerConfig::new().with(&variant(0, &url)).start();
    let sending = AtomicBool::new(true);
    let calls = thread::scope(|scope| {
        let sent = scope.spawn(|| send(&server, &sending));
        for number in 1..=RELOADS {
            thread::sleep(Duration::from_millis(700));
            server.write_config(&variant(number, &url));
            reload(&server);
        }
        sending.store(false, Ordering::Relaxed);
        sent.join().unwrap()
    });
    check_written(&server, &remote, f64::from(calls));
    let refused = remote
        .requests()
        .iter()
        .filter(|request| !request.accepted)
        .count();
    assert_eq!(refused, 0, "nothing came out of order");
}
