//! The commands as they are typed: a running receiver is measured beside floors, and frames are sent again.
#![expect(clippy::unwrap_used, reason = "a test may fail anywhere")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

const BINARY: &str = env!("CARGO_BIN_EXE_spangraph-load");
const FEW: [&str; 6] = ["--services", "4", "--spans", "2000", "--connections", "2"];

/// A floor receiver that ends with the test.
struct Receiver {
    child: Child,
    address: String,
}

impl Receiver {
    fn start() -> Self {
        let mut command = Command::new(BINARY);
        command.args(["floor", "--mode", "walk"]).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        let output = child.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").unwrap().to_owned();
        Self { child, address }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The first line that a command prints, which is JSON, and the rest.
fn run(arguments: &[&str]) -> (Value, String) {
    let output = Command::new(BINARY).args(arguments).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}{text}");
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    (serde_json::from_str(first).unwrap_or_default(), rest.to_owned())
}

/// Measures `receiver` once beside the floors.
fn cost(receiver: &Receiver, options: &[&str]) -> (Value, String) {
    let pid = receiver.child.id().to_string();
    let measured = ["cost", "--endpoint", &receiver.address, "--pid", &pid];
    let once = ["--warm-up", "0", "--repeat", "1"];
    run(&[&measured[..], &once, &FEW, options].concat())
}

fn assert_measured(subject: &Value) {
    assert!(subject["spans_per_second"].as_f64() > Some(0.0), "{subject}");
    assert!(subject["peak_rss_mib"].as_f64() > Some(1.0), "{subject}");
    assert_eq!(subject["refused_requests"], 0, "{subject}");
    assert_eq!(subject["unknown_requests"], 0, "{subject}");
}

#[test]
fn a_running_receiver_is_measured_beside_floors() {
    let receiver = Receiver::start();
    let (report, table) = cost(&receiver, &[]);
    let subjects = report["subjects"].as_array().unwrap();
    assert_eq!(subjects.len(), 5, "{report}");
    subjects.iter().for_each(assert_measured);
    assert_eq!(report["goals"].as_array().unwrap().len(), 2, "{report}");
    for told in [
        &format!("process {}", receiver.child.id()),
        "floor: tonic, decode",
        "CPU a span, times that of tonic, decoded with prost: ",
    ] {
        assert!(table.contains(told), "{told}: {table}");
    }
}

#[test]
fn compressed_requests_are_measured_beside_the_same_uncompressed() {
    let (report, _) = cost(&Receiver::start(), &["--compression", "gzip"]);
    let subjects = report["subjects"].as_array().unwrap();
    assert_eq!(subjects[1]["name"], "same, uncompressed");
    assert_eq!(subjects.len(), 5);
}

#[test]
fn frames_that_were_written_are_sent_again() {
    let receiver = Receiver::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("frames");
    let file = file.to_str().unwrap();
    run(&["generate", "--services", "4", "--rounds", "2", "--out", file]);
    let arguments = [
        "drive",
        "--endpoint",
        &receiver.address,
        "--frames",
        file,
        "--spans",
        "1",
    ];
    let (report, _) = run(&arguments);
    assert_eq!(report["refused"], serde_json::json!({}), "{report}");
    assert!(
        report["accepted_spans"].as_u64() > Some(4_000),
        "two rounds of twelve requests: {report}"
    );
}

#[test]
fn commands_that_start_the_server_say_when_it_is_missing() {
    for command in ["verify", "overload", "requests"] {
        let output = Command::new(BINARY)
            .args([command, "--server", "no/such/server"])
            .output()
            .unwrap();
        assert!(!output.status.success());
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.contains("no/such/server is missing; build it"), "{errors}");
    }
}

#[test]
fn collecting_without_a_server_says_what_is_missing() {
    let output = Command::new(BINARY)
        .args(["collect", "--server", "no/such/server", "--label-sets", "1"])
        .output()
        .unwrap();
    assert!(!output.status.success());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("no/such/server is missing; build it"), "{errors}");
}

#[test]
fn a_peer_that_is_not_written_as_it_must_be_is_refused_with_the_reason() {
    for (peer, reason) in [
        ("other,4317", "has no = after its name"),
        ("a=b,x", "x is no port"),
    ] {
        let mut command = Command::new(BINARY);
        let output = command.args(["requests", "--peer", peer]).output().unwrap();
        assert!(!output.status.success());
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.contains(reason), "{errors}");
    }
}
