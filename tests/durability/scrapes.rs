//! What is scraped of a durable server is on the disk: it never falls, and is not shown when the disk fails.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread;
use std::time::{Duration, Instant};

use reqwest::blocking::{Client, Response};
use rustix::process::Signal;
use serde_json::json;
use spangraph_test_support::exposition::Scrape;

use super::kills::Load;
use super::{PATIENCE, settings};
use crate::harness::otlp::{GrpcSender, Sender};
use crate::harness::spans::pair;
use crate::harness::until::check;
use crate::harness::{Server, ServerConfig, until};

const CALLS: &str = "traces_service_graph_request_total";

/// A server whose epochs come for scrapes alone.
fn scraped(folder: &Path) -> ServerConfig {
    let rarely = json!({
        "metrics_generator": { "registry": { "collection_interval": "1h" } },
        "spangraph": { "durability": { "interval": "1h" } },
    });
    ServerConfig::new().with(&settings(folder)).with(&rarely)
}

fn ask(server: &Server) -> reqwest::Result<Response> {
    Client::new().get(server.page("/metrics/generated")).send()
}

/// What is scraped, unless the server ends meanwhile.
fn scrape(server: &Server) -> Option<Scrape> {
    let answer = ask(server).ok()?;
    assert_eq!(answer.status(), 200);
    Some(Scrape::parse(&answer.text().ok()?).unwrap())
}

/// Scrapes until the server is gone, or for ever, and returns what came last; no series falls or goes meanwhile.
fn scrape_until_killed(server: &Server, mut last: Scrape) -> Scrape {
    while let Some(next) = scrape(server) {
        assert_no_series_falls(&last, &next);
        last = next;
    }
    last
}

fn assert_no_series_falls(before: &Scrape, after: &Scrape) {
    for sample in before.samples() {
        let labels: Vec<_> = sample
            .labels
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        let now = after.value(&sample.name, &labels);
        assert!(now >= Some(sample.value), "{sample} is {now:?}");
    }
}

#[test]
fn no_scraped_series_falls_however_often_the_process_is_killed_under_load() {
    let folder = tempfile::tempdir().unwrap();
    let (traces, mut last) = (Arc::new(AtomicU64::new(1)), Scrape::default());
    for _ in 0..6 {
        let mut server = scraped(folder.path()).start();
        let first = scrape(&server).expect("it answers");
        assert_no_series_falls(&last, &first);
        let load = Load::start(&server, &traces);
        last = thread::scope(|scope| {
            let scraping = scope.spawn(|| scrape_until_killed(&server, first));
            thread::sleep(Duration::from_millis(fastrand::u64(500..3_000)));
            server.process.signal(Signal::KILL);
            scraping.join().expect("no series falls")
        });
        server.process.wait(PATIENCE);
        load.end();
    }
    let server = scraped(folder.path()).start();
    let end = scrape(&server).expect("it answers");
    assert_no_series_falls(&last, &end);
    assert!(end.sum(CALLS, &[]) > 0.0, "something was counted");
}

#[test]
fn a_scrape_while_the_state_cannot_be_kept_is_refused_and_served_again_when_it_can() {
    let root = tempfile::tempdir().unwrap();
    let (folder, away) = (root.path().join("state"), root.path().join("away"));
    let server = scraped(&folder).start();
    GrpcSender::connect(&server.otlp_grpc()).deliver(pair(1));
    wait_for_calls(&server, 1.0);
    // As when a disk is unmounted; a folder that is another's by then must not be written to.
    fs::rename(&folder, &away).unwrap();
    GrpcSender::connect(&server.otlp_grpc()).deliver(pair(2));
    let refused = until("the last text is old", PATIENCE, || {
        let answer = ask(&server).unwrap();
        check(answer.status() == 503, || answer.status().to_string()).map(|()| answer)
    });
    assert!(refused.headers().contains_key("retry-after"));
    let told = refused.text().unwrap();
    assert!(
        told.contains("the state of this cut was not kept") && told.contains("lock"),
        "{told}"
    );
    let metrics = server.own_metrics();
    let failed = metrics.sum(
        "spangraph_generated_scrapes_failed_total",
        &[("reason", "not_durable")],
    );
    assert!(failed >= 1.0, "{failed}");
    fs::rename(&away, &folder).unwrap();
    wait_for_calls(&server, 2.0);
}

fn wait_for_calls(server: &Server, wanted: f64) {
    until("the calls are scraped", PATIENCE, || {
        let answer = ask(server).unwrap().text().unwrap();
        let calls = Scrape::parse(&answer).map(|page| page.sum(CALLS, &[]));
        check(calls == Ok(wanted), || answer)
    });
}

#[test]
fn many_scrapes_a_second_make_one_epoch_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let server = scraped(folder.path()).start();
    GrpcSender::connect(&server.otlp_grpc()).deliver(pair(1));
    let (begun, mut scrapes) = (Instant::now(), 0);
    while begun.elapsed() < Duration::from_secs(4) {
        scrape(&server).expect("it answers");
        scrapes += 1;
        thread::sleep(Duration::from_millis(50));
    }
    let epochs = server.own_metrics().sum("spangraph_epochs_total", &[]);
    let most = begun.elapsed().as_secs_f64() + 1.0;
    assert!(
        (1.0..=most).contains(&epochs),
        "{epochs} epochs for {scrapes} scrapes"
    );
    let samples = server.own_metrics().sum("spangraph_epoch_samples_total", &[]);
    assert_eq!(samples, 0.0, "none was collected for them");
}
