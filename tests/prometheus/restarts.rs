//! A counter goes on over restarts and rebirths: a store with any `out_of_order_time_window` counts each call once.

use std::ops::RangeInclusive;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::json;

use crate::harness::otlp::{GrpcSender, Sender};
use crate::harness::prometheus::Prometheus;
use crate::harness::spans::{SpanExt, of_service, request, span};
use crate::harness::until::check;
use crate::harness::{Server, ServerConfig, until};

/// How old a sample a store takes that is older than the last one of its series.
const WINDOWS: [&str; 5] = ["0s", "1s", "10s", "60s", "10m"];

/// The second of a minute at which a server is stopped and started again.
const RESTARTS: [u64; 3] = [5, 31, 58];

/// Calls before the others, so that one that is counted twice shows.
const MANY: u64 = 1_000;

/// How long a server runs at least before its restart, and after it.
const RUN: Duration = Duration::from_secs(7);

const CALLS: &str = "traces_service_graph_request_total";

fn store(window: &str) -> Prometheus {
    Prometheus::start_with(&format!(
        "global: {{scrape_interval: 1h}}\nstorage: {{tsdb: {{out_of_order_time_window: {window}}}}}\n"
    ))
}

/// The same instance before and after, as on a machine of its own.
fn server(store: &Prometheus, instance: &str) -> Server {
    ServerConfig::new()
        .remote_write(&store.write_url())
        .with(&json!({ "spangraph": { "instance_label": { "value": instance } } }))
        .start()
}

/// A request with these calls from `shop` to `cart`.
fn calls(traces: RangeInclusive<u64>) -> ExportTraceServiceRequest {
    let clients = traces.clone().map(|trace| span(trace, 1, SpanKind::Client));
    let servers = traces.map(|trace| span(trace, 2, SpanKind::Server).parent(1));
    request(vec![
        of_service("shop", clients.collect()),
        of_service("cart", servers.collect()),
    ])
}

/// Sends a call a second until `is_over`, and tells how many.
fn send_until(server: &Server, mut is_over: impl FnMut(Duration) -> bool) -> u64 {
    let (mut sender, begun, mut sent) = (GrpcSender::connect(&server.otlp_grpc()), SystemTime::now(), 0);
    while !is_over(begun.elapsed().unwrap_or_default()) {
        sent += 1;
        sender.deliver(calls(MANY + sent..=MANY + sent));
        thread::sleep(Duration::from_millis(500));
    }
    sent
}

fn second_of_minute() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() % 60
}

/// The values of the instance's counter, in order.
fn values(store: &Prometheus, instance: &str) -> Vec<f64> {
    let query = format!("{CALLS}{{__metrics_gen_instance=\"{instance}\"}}[5m]");
    let series = store.query(&query);
    let values = series.first().and_then(|series| series["values"].as_array());
    let value = |pair: &serde_json::Value| pair[1].as_str().unwrap().parse().unwrap();
    values.map_or_else(Vec::new, |values| values.iter().map(value).collect())
}

fn wait_for_last(store: &Prometheus, instance: &str, wanted: u64) {
    let wanted = wanted.to_string();
    until("the last value arrives", Duration::from_secs(30), || {
        let values = values(store, instance);
        let last = values.last().map(f64::to_string);
        check(last.as_ref() == Some(&wanted), || {
            format!("{instance}: {last:?} is not {wanted}: {values:?}")
        })
    });
}

/// Every call is counted once: the counter begins at 0, falls only to a 0, and that as often as it begins anew.
fn check_counted(store: &Prometheus, instance: &str, lives: usize, sent: u64) {
    let values = values(store, instance);
    let zeros = values.iter().filter(|value| **value == 0.0).count();
    assert_eq!((values[0], zeros), (0.0, lives), "{instance}: {values:?}");
    let falls = values.windows(2).filter(|two| two[1] < two[0]);
    assert!(falls.clone().all(|two| two[1] == 0.0), "{instance}: {values:?}");
    let counted: f64 = values
        .windows(2)
        .map(|two| if two[1] < two[0] { two[1] } else { two[1] - two[0] })
        .sum();
    assert_eq!(counted.to_string(), sent.to_string(), "{instance}: {values:?}");
    let query = format!("increase({CALLS}{{__metrics_gen_instance=\"{instance}\"}}[5m]) / {sent}");
    let share: f64 = store.query(&query)[0]["value"][1]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(
        (0.99..1.1).contains(&share),
        "{instance}: increase is {share} of {sent}: {values:?}"
    );
}

fn check_nothing_refused(server: &Server, instance: &str) {
    let own = server.own_metrics();
    let refused = [
        "seeds_refused_total",
        "samples_failed_total",
        "samples_dropped_total",
    ]
    .map(|name| own.sum(&format!("spangraph_remote_write_{name}"), &[]));
    assert_eq!(refused, [0.0; 3], "{instance}");
}

fn restart(store: &Prometheus, window: &str, second: u64) {
    let instance = format!("shop-{window}-{second}");
    let mut first = server(store, &instance);
    GrpcSender::connect(&first.otlp_grpc()).deliver(calls(1..=MANY));
    let before = MANY + send_until(&first, |run| run > RUN && second_of_minute() == second);
    check_nothing_refused(&first, &instance);
    assert!(first.stop().success());
    let second = server(store, &instance);
    let after = send_until(&second, |run| run > RUN);
    wait_for_last(store, &instance, after);
    check_nothing_refused(&second, &instance);
    check_counted(store, &instance, 2, before + after);
}

#[test]
fn a_restart_at_any_second_counts_every_call_once_whatever_a_store_takes() {
    let stores = WINDOWS.map(|window| (window, store(window)));
    thread::scope(|scope| {
        for (window, store) in &stores {
            for second in RESTARTS {
                scope.spawn(move || restart(store, window, second));
            }
        }
    });
}

#[test]
fn a_series_that_ended_begins_again_after_its_end_whatever_a_store_takes() {
    let stale = json!({ "metrics_generator": { "registry": { "stale_duration": "3s" } } });
    thread::scope(|scope| {
        for window in [WINDOWS[0], WINDOWS[4]] {
            let stale = &stale;
            scope.spawn(move || {
                let store = store(window);
                let instance = json!({ "spangraph": { "instance_label": { "value": window } } });
                let config = ServerConfig::new().remote_write(&store.write_url());
                let server = config.with(stale).with(&instance).start();
                let mut sender = GrpcSender::connect(&server.otlp_grpc());
                for life in 1..=3 {
                    sender.deliver(calls(1..=MANY + life));
                    wait_for_last(&store, window, MANY + life);
                    until("the tenant is gone", Duration::from_secs(30), || {
                        let series = server.own_metrics().sum("spangraph_active_series", &[]);
                        check(series == 0.0, || format!("{series} series are left"))
                    });
                    thread::sleep(Duration::from_secs(2 * (life % 2)));
                }
                check_nothing_refused(&server, window);
                check_counted(&store, window, 3, 3 * MANY + 6);
            });
        }
    });
}
