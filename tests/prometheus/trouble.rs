//! A real Prometheus that pauses, fails or refuses for the sake of one series: all others arrive, in order, and what is lost is
//! counted by status.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::json;

use super::{LONGEST_STEP, milliseconds};
use crate::harness::otlp::{GrpcSender, Sender};
use crate::harness::prometheus::Prometheus;
use crate::harness::spans::{SpanExt, of_service, request, span};
use crate::harness::store_proxy::{Passage, StoreProxy, TROUBLED};
use crate::harness::until::check;
use crate::harness::{Server, ServerConfig, until};

mod failures;
mod refusals;

/// Services that there is no trouble with.
const HEALTHY: u64 = 20;

/// How long there is trouble.
const TROUBLE: Duration = Duration::from_secs(6);

/// The server, and Prometheus behind the proxy.
struct Stand {
    prometheus: Prometheus,
    proxy: StoreProxy,
    server: Server,
    sender: GrpcSender,
    calls: u64,
}

impl Stand {
    /// Starts all of it, and waits until every service's counter is there.
    fn start(out_of_order_time_window: &str) -> Self {
        let prometheus = Prometheus::start_with(&format!(
            "global: {{scrape_interval: 1h}}\nstorage: {{tsdb: {{out_of_order_time_window: {out_of_order_time_window}}}}}\n"
        ));
        let proxy = StoreProxy::before(&prometheus.write_url());
        let endpoint = json!({ "url": proxy.url(), "queue_config": { "max_samples_per_send": 4 } });
        let settings = json!({
            "metrics_generator": { "storage": { "remote_write": [endpoint] } },
            "overrides": { "defaults": { "metrics_generator": { "processors": ["service-graphs-request"] } } },
        });
        let server = ServerConfig::new().with(&settings).start();
        let sender = GrpcSender::connect(&server.otlp_grpc());
        let mut stand = Self {
            prometheus,
            proxy,
            server,
            sender,
            calls: 0,
        };
        stand.call_all();
        until("every service's counter arrives", Duration::from_secs(30), || {
            let arrived = stand.series();
            let are_there = arrived.values().filter(|samples| samples.len() > 1).count();
            check(are_there as u64 == HEALTHY + 1, || format!("{arrived:?}"))
        });
        stand
    }

    /// Sends one call to each service.
    fn call_all(&mut self) {
        self.calls += 1;
        self.sender.deliver(calls(1_000 * self.calls));
    }

    /// Sends calls for so long.
    fn call_for(&mut self, duration: Duration) {
        let begun = Instant::now();
        while begun.elapsed() < duration {
            self.call_all();
            thread::sleep(Duration::from_millis(500));
        }
    }

    /// Milliseconds and values of each service's counter.
    fn series(&self) -> BTreeMap<String, Vec<(i64, String)>> {
        let series = self.prometheus.query("traces_service_graph_request_total[5m]");
        let samples = series.iter().map(|series| {
            let values = series["values"].as_array().expect("a matrix").iter();
            let values = values.map(|pair| (milliseconds(&pair[0]), pair[1].as_str().unwrap().to_owned()));
            (
                series["metric"]["server"].as_str().unwrap().to_owned(),
                values.collect(),
            )
        });
        samples.collect()
    }

    /// Waits until the healthy services' counters have every call, and holds that no collection of them is missing.
    fn check_healthy(&self) {
        let last = self.calls.to_string();
        let healthy = || {
            let mut series = self.series();
            series.remove(TROUBLED);
            series
        };
        until(
            "the healthy services' last values arrive",
            Duration::from_secs(40),
            || {
                let series = healthy();
                let missing = series
                    .values()
                    .find(|samples| samples.last().is_none_or(|(_, value)| *value != last));
                check(missing.is_none(), || {
                    format!("{missing:?} does not end with {last}")
                })
            },
        );
        for (service, samples) in healthy() {
            // The first is the seed, which is of no collection.
            for two in samples[1..].windows(2) {
                let step = two[1].0 - two[0].0;
                assert!(step < LONGEST_STEP, "{service}: {step} ms lie between {two:?}");
            }
        }
        check_order(&self.proxy.passages());
    }

    fn own(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.server
            .own_metrics()
            .sum(&format!("spangraph_remote_write_{name}"), labels)
    }

    /// Waits until the troubled service's counter has every call.
    fn check_troubled_goes_on(&self) {
        until("the troubled service goes on", Duration::from_secs(30), || {
            let last = self.series()[TROUBLED].last().map(|(_, value)| value.clone());
            check(last == Some(self.calls.to_string()), || {
                format!("it is at {last:?} of {}", self.calls)
            })
        });
    }

    fn check_nothing_lost(&self) {
        let lost = ["samples_failed_total", "samples_dropped_total"].map(|name| self.own(name, &[]));
        assert_eq!(lost, [0.0; 2], "samples failed and dropped");
    }

    /// Waits until as many samples are counted as lost to `status` as the proxy says, and holds that no others are.
    fn check_lost(&self, status: u16) -> BTreeSet<i64> {
        let reason = format!("http_{status}");
        let lost = until("every loss is counted", Duration::from_secs(40), || {
            let counted = self.own("samples_failed_total", &[("reason", &reason)]);
            let lost = lost_to(&self.proxy.passages(), status);
            check(
                !lost.is_empty() && lost.len().to_string() == counted.to_string(),
                || format!("{counted} are counted, {lost:?} are lost"),
            )
            .map(|()| lost)
        });
        let others = ["samples_failed_total", "samples_dropped_total"].map(|name| self.own(name, &[]));
        assert_eq!(others, [lost.len() as f64, 0.0], "samples failed and dropped");
        lost
    }
}

/// A request with a call to each service.
fn calls(first_trace: u64) -> ExportTraceServiceRequest {
    let healthy = (1..=HEALTHY).map(|number| format!("s-{number}"));
    let pairs = (first_trace..).zip(healthy.chain([TROUBLED.to_owned()]));
    let spans = pairs.flat_map(|(trace, service)| {
        let client = span(trace, 1, SpanKind::Client);
        let server = span(trace, 2, SpanKind::Server).parent(1);
        [
            of_service("shop", vec![client]),
            of_service(&service, vec![server]),
        ]
    });
    request(spans.collect())
}

/// The times of the troubled service's samples that were answered with `status`, and never taken.
fn lost_to(passages: &[Passage], status: u16) -> BTreeSet<i64> {
    let taken: BTreeSet<i64> = passages
        .iter()
        .filter(|passage| passage.is_taken())
        .flat_map(Passage::troubled)
        .collect();
    let failed = passages.iter().filter(|passage| passage.status == status);
    failed
        .flat_map(Passage::troubled)
        .filter(|time| !taken.contains(time))
        .collect()
}

/// The samples of a service were taken in the order of their times, each once.
fn check_order(passages: &[Passage]) {
    let mut last: BTreeMap<&str, i64> = BTreeMap::new();
    let taken = passages.iter().filter(|passage| passage.is_taken());
    for (service, sample) in taken.flat_map(|passage| &passage.samples) {
        let before = last.insert(service, sample.timestamp);
        assert!(
            before < Some(sample.timestamp),
            "{service}: {} after {before:?}",
            sample.timestamp
        );
    }
}
