//! Kills at any moment under load: what the store has seen is never taken back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use super::{assert_never_falls, calls, durable, kill, wait_for_epoch};
use crate::harness::otlp::{ALL_ACCEPTED, GrpcSender, Sender};
use crate::harness::spans::pair;
use crate::harness::{RemoteWriteReceiver, Server};

/// Sends pairs one after the other until it is told to stop or the server is gone.
pub struct Load {
    stop: Arc<AtomicBool>,
    sender: thread::JoinHandle<u64>,
}

impl Load {
    /// Sends pairs of traces that nobody has sent before.
    pub fn start(server: &Server, traces: &Arc<AtomicU64>) -> Self {
        let (url, traces) = (server.otlp_grpc(), Arc::clone(traces));
        let stop = Arc::new(AtomicBool::new(false));
        let is_over = Arc::clone(&stop);
        let sender = thread::spawn(move || {
            let mut sender = GrpcSender::connect(&url);
            let mut answered = 0;
            while !is_over.load(Ordering::Relaxed) {
                let request = pair(traces.fetch_add(1, Ordering::Relaxed));
                if sender.send(request) != ALL_ACCEPTED {
                    break;
                }
                answered += 1;
            }
            answered
        });
        Self { stop, sender }
    }

    /// How many pairs were answered.
    pub fn end(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.sender.join().expect("the sender ends")
    }
}

#[test]
fn no_counter_falls_however_often_the_process_is_killed_under_load() {
    let (folder, remote) = (tempfile::tempdir().unwrap(), RemoteWriteReceiver::start());
    let (traces, mut answered) = (Arc::new(AtomicU64::new(1)), 0);
    for _ in 0..8 {
        let mut server = durable(folder.path(), &remote).start();
        let load = Load::start(&server, &traces);
        thread::sleep(Duration::from_millis(fastrand::u64(100..2_500)));
        kill(&mut server);
        answered += load.end();
    }
    let server = durable(folder.path(), &remote).start();
    wait_for_epoch(&server);
    let before = calls(&remote).last().map_or(0.0, |sample| sample.value);
    let load = Load::start(&server, &traces);
    thread::sleep(Duration::from_millis(300));
    let added = load.end();
    wait_for_epoch(&server);
    let samples = calls(&remote);
    assert_never_falls(&samples);
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let (answered, added) = (answered as f64, added as f64);
    // A request that was applied as the process was killed may not have been answered.
    assert!(before > 0.0 && before <= answered + 8.0, "{before} of {answered}");
    assert_eq!(samples.last().unwrap().value, before + added);
}
