//! Mode `log`: what was answered is counted once, whatever happens to the process.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::json;

use super::{PATIENCE, assert_never_falls, calls, durable, kill, wait_for_calls};
use crate::harness::otlp::{ALL_ACCEPTED, Answer, GrpcSender, Sender};
use crate::harness::spans::pair;
use crate::harness::until::check;
use crate::harness::{RemoteWriteReceiver, Server, ServerConfig, until};

/// A server that logs requests in `folder`, and writes to `remote`.
fn logging(folder: &Path, remote: &RemoteWriteReceiver) -> ServerConfig {
    durable(folder, remote).with(&json!({ "spangraph": { "durability": { "mode": "log" } } }))
}

/// Senders that send each request until it is answered with success.
struct Insistent {
    /// Where the server is now.
    url: Arc<Mutex<String>>,
    is_over: Arc<AtomicBool>,
    senders: Vec<thread::JoinHandle<u64>>,
}

impl Insistent {
    fn start(url: String) -> Self {
        let (url, is_over) = (Arc::new(Mutex::new(url)), Arc::new(AtomicBool::new(false)));
        let traces = Arc::new(AtomicU64::new(1));
        let sender = |_| {
            let (url, is_over, traces) = (Arc::clone(&url), Arc::clone(&is_over), Arc::clone(&traces));
            thread::spawn(move || {
                let mut answered = 0;
                while !is_over.load(Ordering::Relaxed) {
                    insist(&url, traces.fetch_add(1, Ordering::Relaxed));
                    answered += 1;
                }
                answered
            })
        };
        let senders = (0..3).map(sender).collect();
        Self {
            url,
            is_over,
            senders,
        }
    }

    /// How many requests were answered with success.
    fn end(self) -> u64 {
        self.is_over.store(true, Ordering::Relaxed);
        let ended = self.senders.into_iter();
        ended.map(|sender| sender.join().expect("a sender ends")).sum()
    }
}

/// Sends the same bytes again and again, over a new connection each time.
fn insist(url: &Mutex<String>, trace: u64) {
    let request = pair(trace);
    until("a request is answered with success", PATIENCE, || {
        let url = url.lock().unwrap().clone();
        let answer = GrpcSender::try_connect(&url)?.send(request.clone());
        check(answer == ALL_ACCEPTED, || format!("{answer:?}"))
    });
}

#[test]
fn all_that_was_answered_is_counted_once_however_often_the_process_is_killed() {
    let (folder, remote) = (tempfile::tempdir().unwrap(), RemoteWriteReceiver::start());
    let mut server = logging(folder.path(), &remote).start();
    let senders = Insistent::start(server.otlp_grpc());
    let mut replayed = 0.0;
    for _ in 0..6 {
        thread::sleep(Duration::from_millis(fastrand::u64(100..2_500)));
        kill(&mut server);
        server = logging(folder.path(), &remote).start();
        replayed += server
            .own_metrics()
            .sum("spangraph_span_log_requests_replayed_total", &[]);
        *senders.url.lock().unwrap() = server.otlp_grpc();
    }
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let answered = senders.end() as f64;
    wait_for_calls(&remote, answered);
    assert_never_falls(&calls(&remote));
    assert!(replayed > 0.0, "every kill came right after an epoch");
}

#[test]
fn a_log_that_is_full_refuses_and_says_so_on_every_page_until_epochs_free_it() {
    let (folder, remote) = (tempfile::tempdir().unwrap(), RemoteWriteReceiver::start());
    let small = json!({ "spangraph": { "durability": { "max_bytes": 100_000 } } });
    let server = logging(folder.path(), &remote).with(&small).start();
    let mut sender = GrpcSender::connect(&server.otlp_grpc());
    // Without its lock a folder may be another server's, so that no epoch is made.
    let lock = folder.path().join("lock");
    let aside = folder.path().join("aside");
    std::fs::rename(&lock, &aside).unwrap();
    let mut answered = 0_u32;
    let refusal = loop {
        match sender.send(pair(u64::from(answered) + 1)) {
            ALL_ACCEPTED => answered += 1,
            refused => break refused,
        }
    };
    let Answer::Refused(refusal) = refusal else {
        panic!("{refusal:?}");
    };
    assert!(
        refusal.contains("no room for the request, try again in 1 s"),
        "{refusal}"
    );
    assert!(answered > 50, "{answered}");
    for page in ["/", "/graph", "/actors", "/tenants", "/config"] {
        let text = server.text(page, "text/html");
        assert!(text.contains("Requests cannot be made durable"), "{page}: {text}");
    }
    std::fs::rename(&aside, &lock).unwrap();
    let trace = u64::from(answered) + 1;
    until("requests are taken again", PATIENCE, || {
        let answer = sender.send(pair(trace));
        check(answer == ALL_ACCEPTED, || format!("{answer:?}"))
    });
    wait_for_calls(&remote, f64::from(answered) + 1.0);
    let log = server.process.log();
    assert!(log.contains("requests cannot be logged"), "{log}");
}

/// Lets no file of the process grow beyond so many bytes, as `ulimit -f` does.
fn limit_files(server: &Server, bytes: Option<u64>) {
    let pid = Pid::from_raw(i32::try_from(server.process.id()).unwrap());
    let limit = Rlimit {
        current: bytes,
        maximum: None,
    };
    prlimit(pid, Resource::Fsize, limit).unwrap();
}

#[test]
fn a_limit_on_the_size_of_files_refuses_requests_and_ends_nothing() {
    let (folder, remote) = (tempfile::tempdir().unwrap(), RemoteWriteReceiver::start());
    let server = logging(folder.path(), &remote).start();
    let mut sender = GrpcSender::connect(&server.otlp_grpc());
    sender.deliver(pair(1));
    limit_files(&server, Some(16));
    let refusal = until("a request is refused", PATIENCE, || match sender.send(pair(2)) {
        Answer::Refused(refusal) => Ok(refusal),
        other => Err(format!("{other:?}")),
    });
    assert!(refusal.contains("try again"), "{refusal}");
    until("an epoch fails", PATIENCE, || {
        let failed = server.own_metrics().sum("spangraph_epochs_failed_total", &[]);
        check(failed > 0.0, || format!("{failed}"))
    });
    limit_files(&server, None);
    until("requests are taken again", PATIENCE, || {
        let answer = sender.send(pair(3));
        check(answer == ALL_ACCEPTED, || format!("{answer:?}"))
    });
    until("epochs are made again", PATIENCE, || {
        let last = calls(&remote).last().map_or(0.0, |sample| sample.value);
        check(last >= 2.0, || format!("{last}"))
    });
}
