//! The commands that need a server's binary, measured small: `cargo test --workspace` builds it beside this one.
#![expect(clippy::unwrap_used, reason = "a test may fail anywhere")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use spangraph_load::process::allowed_cores;

const BINARY: &str = env!("CARGO_BIN_EXE_spangraph-load");

/// What `command` reports of the server, and the table below it.
fn measure(command: &str, arguments: &[&str]) -> (Value, String) {
    let server = Path::new(BINARY).with_file_name("spangraph");
    let output = Command::new(BINARY)
        .args([command, "--server", server.to_str().unwrap()])
        .args(arguments)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command}: {errors}{text}");
    let (first, rest) = text.split_once('\n').unwrap();
    (serde_json::from_str(first).unwrap(), rest.to_owned())
}

/// What was measured for the goal that `what` begins.
fn measured(report: &Value, what: &str) -> f64 {
    let goals = report["goals"].as_array().unwrap();
    let goal = goals
        .iter()
        .find(|goal| goal["what"].as_str().unwrap().starts_with(what));
    goal.unwrap()["measured"].as_f64().unwrap()
}

/// A small overload that is over within seconds.
const SHORT_OVERLOAD: &str = "--services 4 --requests-per-service 1 --connections 24 --step-seconds 0.5 --full-seconds 3 --half-seconds 1 \
                              --overload-seconds 3 --wait 5";

#[test]
fn an_overloaded_server_refuses_with_advice_and_counts_what_it_took_exactly() {
    for transport in ["grpc", "http"] {
        let arguments = SHORT_OVERLOAD.split(' ').chain(["--transport", transport]);
        let (report, table) = measure("overload", &arguments.collect::<Vec<_>>());
        assert_phases(&report);
        for nothing in [
            "refusals without advice",
            "requests of unknown outcome",
            "counts that are not",
        ] {
            assert_eq!(measured(&report, nothing), 0.0, "{table}{report}");
        }
        assert!(measured(&report, "share of spans refused") > 0.0, "{table}");
        let memory = measured(&report, "memory at overload");
        assert!((0.5..5.0).contains(&memory), "{table}");
    }
}

fn assert_phases(report: &Value) {
    let phases = report["phases"].as_array().unwrap();
    let names: Vec<_> = phases.iter().map(|phase| &phase["name"]).collect();
    assert_eq!(names, ["full load", "half of it", "overload", "half again"]);
    let steps = report["steps"].as_array().unwrap();
    let tried: Vec<_> = steps
        .iter()
        .map(|step| step["in_flight"].as_u64().unwrap())
        .collect();
    assert_eq!(tried, [2, 4, 8, 16, 24]);
    assert!(tried.contains(&report["in_flight"].as_u64().unwrap()), "{report}");
    assert!(report["edges"].as_u64() > Some(0), "{report}");
    assert!(report["span_sets"].as_u64() > Some(0), "{report}");
}

/// Each part of a request's cost, measured small.
const SHORT_REQUESTS: &str =
    "--spans-per-request 10 --turns 1 --seconds 0.2 --crowd 20 --slow-seconds 1 --idle-seconds 1";

#[test]
fn what_requests_cost_is_measured_beside_the_floor_and_a_peer_in_every_part() {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let peer = format!("other={BINARY} floor --mode walk --listen 127.0.0.1:{port},{port}");
    let arguments = SHORT_REQUESTS.split(' ').chain(["--peer", &peer]);
    let (report, table) = measure("requests", &arguments.collect::<Vec<_>>());
    let cases = report["cases"].as_array().unwrap();
    let parts: Vec<_> = cases.iter().map(|case| case["part"].as_str().unwrap()).collect();
    assert_eq!(
        parts,
        ["sizes", "sizes", "large", "compressed", "crowd", "single"]
    );
    cases.iter().for_each(assert_compared);
    for goal in [
        "CPU a request of 10 spans",
        "switches of threads a request of 10 spans",
        "CPU a request with gzip",
    ] {
        assert!((0.1..100.0).contains(&measured(&report, goal)), "{table}");
    }
    assert!(measured(&report, "per cent of a core") > 0.0, "{table}");
    assert_eq!(report["memory"]["connections"], 20, "{table}");
    assert!(report["latency"]["server"]["p99"].as_f64() > Some(0.0), "{table}");
}

/// Everybody took everything; those who only speak gRPC are left out over HTTP.
fn assert_compared(case: &Value) {
    let receivers = case["receivers"].as_array().unwrap();
    let names: Vec<_> = receivers
        .iter()
        .map(|receiver| receiver["name"].as_str().unwrap())
        .collect();
    let expected: &[&str] = match (case["transport"].as_str(), case["compression"].as_str()) {
        (Some("http"), _) => &["spangraph", "floor"],
        (_, Some("gzip")) => &["spangraph", "floor", "other", "spangraph, uncompressed"],
        _ => &["spangraph", "floor", "other"],
    };
    assert_eq!(names, expected, "{case}");
    for receiver in receivers {
        assert!(receiver["cpu_microseconds"].as_f64() > Some(0.0), "{case}");
        assert!(receiver["requests_per_second"].as_f64() > Some(0.0), "{case}");
        assert_eq!(receiver["refused"], 0, "{case}");
    }
}

#[test]
fn one_core_is_compared_with_two() {
    let cores = allowed_cores().unwrap().len();
    assert!(cores >= 2, "two cores are needed, there are {cores}");
    let few = [
        "--connections",
        "8",
        "--repeat",
        "1",
        "--seconds",
        "1",
        "--warm-up",
        "0.2",
    ];
    let (report, table) = measure("parallel", &few);
    let repeat = &report["repeats"][0];
    for run in ["one", "two"] {
        assert!(repeat[run]["spans"].as_u64() > Some(0), "{report}");
        assert!(repeat[run]["server_cpu_seconds"].as_f64() > Some(0.0), "{report}");
    }
    let speedup = measured(&report, "spans a second with two cores");
    assert!((0.3..6.0).contains(&speedup), "{table}");
}

/// Durable state measured small.
const SHORT_DURABILITY: &str = "--services 4 --rate 5000 --turns-wait 1 --collection-interval 1 --repeat 1 --full-seconds 0.5 \
                                --full-connections 4 --label-sets 500 --pending 2000 --seconds 4 --large-rate 2000 --epoch-interval 1";

#[test]
fn durable_state_is_measured_in_turns_with_none_and_when_it_is_large() {
    let (report, table) = measure("durability", &SHORT_DURABILITY.split(' ').collect::<Vec<_>>());
    for ratio in [
        "CPU a span with epochs",
        "CPU a span with a log",
        "spans a second with a log",
    ] {
        let ratio = measured(&report, ratio);
        assert!((0.01..100.0).contains(&ratio), "{table}");
    }
    let large = &report["large"];
    assert!(large["epochs"].as_u64() >= Some(3), "{report}");
    let pending = large["pending_half_edges"].as_f64().unwrap();
    let restored = large["restored_half_edges"].as_f64().unwrap();
    assert!(pending >= 2_000.0 && restored >= 2_000.0, "{report}");
    assert!(large["disk"]["state_bytes"].as_u64() > Some(0), "{report}");
    let held = measured(&report, "milliseconds that requests are held for a cut, 99");
    assert!(held > 0.0 && held <= 1_000.0, "{table}");
    assert_eq!(measured(&report, "epochs that failed"), 0.0, "{table}");
}

/// Some kills of short lives.
const FEW_KILLS: &str = "--kills 4 --longest-life 2 --services 3 --connections 2 --wait 12";

#[test]
fn a_server_that_is_killed_under_load_counts_whole_requests_and_takes_nothing_back() {
    for mode in ["epochs", "log"] {
        let (report, table) = measure(
            "kill",
            &format!("--mode {mode} {FEW_KILLS}")
                .split(' ')
                .collect::<Vec<_>>(),
        );
        assert_well(&report, &table);
    }
}

fn assert_well(report: &Value, table: &str) {
    for nothing in [
        "samples of counters that fell",
        "samples out of order",
        "samples with two values",
        "series that ended",
        "counts that are not the model's",
    ] {
        assert_eq!(measured(report, nothing), 0.0, "{table}{report}");
    }
    let number = |of: &str| report.pointer(of).and_then(Value::as_f64);
    assert_eq!(number("/losses/kills"), Some(4.0));
    assert!(number("/losses/kept_spans") > Some(0.0), "{report}");
    assert!(number("/store/samples") > Some(0.0), "{report}");
}
