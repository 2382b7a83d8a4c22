//! A real Prometheus takes what the server writes, answers the queries people use, and loses nothing while it is away.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::harness::otlp::{GrpcSender, Sender};
use crate::harness::prometheus::Prometheus;
use crate::harness::spans::{nanoseconds_from_now, pair};
use crate::harness::until::check;
use crate::harness::{Server, ServerConfig, until};

mod documented;
mod kept;
mod queries;
mod relabel;
mod replayed;
mod restarts;
mod scrape;
mod trouble;

const REQUESTS: &str = "sum by (client, server) (rate(traces_service_graph_request_total[1m]))";
const P90: &str = "histogram_quantile(0.9, sum by (le, client, server) \
                   (rate(traces_service_graph_request_server_seconds_bucket[1m])))";

/// How long Prometheus is away.
const OUTAGE: Duration = Duration::from_secs(30);

/// The most milliseconds between two samples of a series that is collected each second.
const LONGEST_STEP: i64 = 1_900;

#[test]
fn the_demo_shop_is_queried_back_with_rates_quantiles_and_exemplars() {
    let prometheus = Prometheus::start();
    let server = ServerConfig::new()
        .argument("demo")
        .remote_write(&prometheus.write_url())
        .start();
    let edges = until(
        "every edge of the demo has a rate",
        Duration::from_secs(60),
        || {
            let (written, generated) = (edges_of(&prometheus.query(REQUESTS)), generated_edges(&server));
            check(generated.len() >= 4 && written == generated, || {
                format!("{written:?} is not {generated:?}")
            })
            .map(|()| written)
        },
    );
    until("every edge has a latency", Duration::from_secs(30), || {
        let found = edges_of(&prometheus.query(P90));
        check(edges.is_subset(&found), || {
            format!("{found:?} lacks some of {edges:?}")
        })
    });
    until("an exemplar names its trace", Duration::from_secs(30), || {
        has_exemplar(&prometheus)
    });
}

fn has_exemplar(prometheus: &Prometheus) -> Result<(), String> {
    let series = prometheus.exemplars("traces_service_graph_request_server_seconds_bucket");
    let exemplars = series
        .iter()
        .flat_map(|series| series["exemplars"].as_array().into_iter().flatten());
    let traces: Vec<&str> = exemplars
        .filter_map(|exemplar| exemplar["labels"]["traceID"].as_str())
        .collect();
    let whole = |trace: &&str| trace.len() == 32 && trace.bytes().all(|byte| byte.is_ascii_hexdigit());
    check(!traces.is_empty() && traces.iter().all(whole), || {
        format!("trace ids are {traces:?}")
    })
}

/// The edges with a value above 0.
fn edges_of(vector: &[Value]) -> BTreeSet<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let positive = |element: &&Value| {
        text(&element["value"][1])
            .parse::<f64>()
            .is_ok_and(|value| value > 0.0)
    };
    let edge = |element: &Value| {
        (
            text(&element["metric"]["client"]),
            text(&element["metric"]["server"]),
        )
    };
    vector.iter().filter(positive).map(edge).collect()
}

fn generated_edges(server: &Server) -> BTreeSet<(String, String)> {
    let edges = server
        .generated()
        .sum_by("traces_service_graph_request_total", ["client", "server"]);
    edges.into_keys().map(<(String, String)>::from).collect()
}

#[test]
fn an_outage_of_prometheus_leaves_no_hole_and_no_sample_out_of_order() {
    let mut prometheus = Prometheus::start();
    let before = now();
    let server = ServerConfig::new().remote_write(&prometheus.write_url()).start();
    let start = before..=now();
    let sent = send_pairs_during(&server, || {
        until("first samples are there", Duration::from_secs(20), || {
            enough_samples(&prometheus, 4)
        });
        prometheus.stop();
        thread::sleep(OUTAGE);
        prometheus.start_again();
        thread::sleep(Duration::from_secs(3));
    });
    until("the last sample has every edge", Duration::from_secs(40), || {
        let last = samples(&prometheus).last().map(|(_, value)| value.clone());
        check(last == Some(sent.to_string()), || {
            format!("last sample is {last:?}, sent are {sent}")
        })
    });
    check_no_hole(&samples(&prometheus), &start);
    let own = server.own_metrics();
    assert_eq!(own.sum("spangraph_remote_write_samples_failed_total", &[]), 0.0);
    assert_eq!(own.sum("spangraph_remote_write_samples_dropped_total", &[]), 0.0);
    assert!(!prometheus.log().contains("ut of order"), "{}", prometheus.log());
}

/// Sends ten edges a second while `work` goes on, and tells how many.
fn send_pairs_during(server: &Server, work: impl FnOnce()) -> u64 {
    let (done, sent) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut sender = GrpcSender::connect(&server.otlp_grpc());
            while !done.load(Ordering::Relaxed) {
                sender.deliver(pair(sent.fetch_add(1, Ordering::Relaxed) + 1));
                thread::sleep(Duration::from_millis(100));
            }
        });
        // The sender must end also when `work` fails, or the test hangs instead of failing.
        let _sets_done = SetOnDrop(&done);
        work();
    });
    sent.into_inner()
}

struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn enough_samples(prometheus: &Prometheus, least: usize) -> Result<(), String> {
    let count = samples(prometheus).len();
    check(count >= least, || format!("{count} samples"))
}

/// Milliseconds and values of the one series' samples in the last five minutes.
fn samples(prometheus: &Prometheus) -> Vec<(i64, String)> {
    let series = prometheus.query("traces_service_graph_request_total{client=\"shop\",server=\"cart\"}[5m]");
    assert!(series.len() <= 1, "one edge is more than one series: {series:?}");
    let Some(values) = series
        .first()
        .and_then(|series| series["values"].as_array().cloned())
    else {
        return Vec::new();
    };
    values
        .iter()
        .map(|pair| (milliseconds(&pair[0]), pair[1].as_str().unwrap().to_owned()))
        .collect()
}

/// Milliseconds since 1970.
fn now() -> i64 {
    i64::try_from(nanoseconds_from_now(0) / 1_000_000).expect("a time of today")
}

/// Prometheus prints seconds with three decimals.
fn milliseconds(seconds: &Value) -> i64 {
    let text = format!("{:.3}", seconds.as_f64().expect("a time is a number"));
    text.replace('.', "").parse().expect("digits")
}

/// One sample each collection interval, over the outage too, and values that never fall.
///
/// Before them the seed: a second before the minute, but not before the server's `start`.
fn check_no_hole(samples: &[(i64, String)], start: &RangeInclusive<i64>) {
    let (seed, collected) = samples.split_first().expect("samples are there");
    assert_eq!(seed.1, "0", "the first sample is the seed");
    let usual = collected[0].0.div_euclid(60_000) * 60_000 - 1_000;
    assert!(
        start.contains(&seed.0) && seed.0 >= usual || seed.0 == usual && usual > *start.start(),
        "the seed is of {}, the minute ended at {usual}, the server began at {start:?}",
        seed.0
    );
    let lasted = collected.last().unwrap().0 - collected[0].0;
    assert!(
        lasted > i64::try_from(OUTAGE.as_millis()).unwrap(),
        "samples cover the outage: {lasted} ms"
    );
    for two in collected.windows(2) {
        let step = two[1].0 - two[0].0;
        assert!((1..LONGEST_STEP).contains(&step), "{step} ms lie between {two:?}");
        let values: Vec<f64> = two.iter().map(|(_, value)| value.parse().unwrap()).collect();
        assert!(values[0] <= values[1], "a counter falls: {two:?}");
    }
    let steps = i64::try_from(collected.len()).unwrap() - 1;
    assert!(
        (lasted / 1_000 - steps).abs() <= 2,
        "{steps} steps in {lasted} ms"
    );
}
