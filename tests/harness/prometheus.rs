//! A real Prometheus that takes remote write, with its data kept over stops and starts.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use reqwest::blocking::Client;
use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use super::ports::free_port;
use super::process::Process;
use super::until;

const BINARY: &str = "/usr/bin/prometheus";
const CONFIGURATION: &str =
    "global: {scrape_interval: 1h}\nstorage: {exemplars: {max_exemplars: 100000}}\nscrape_configs: []\n";

/// Prometheus on one port and data folder.
pub struct Prometheus {
    port: u16,
    client: Client,
    running: Option<Process>,
    folder: TempDir,
}

impl Prometheus {
    /// Starts Prometheus on a free port; fails when it is not installed.
    pub fn start() -> Self {
        Self::start_with(CONFIGURATION)
    }

    /// As [`Self::start`], with this configuration.
    pub fn start_with(configuration: &str) -> Self {
        assert!(
            Path::new(BINARY).exists(),
            "{BINARY} is missing: install Debian's package `prometheus` (scripts/install-test-packages.sh does)"
        );
        let folder = TempDir::with_prefix("spangraph-prometheus-").expect("temporary folder is made");
        fs::write(folder.path().join("prometheus.yml"), configuration).expect("configuration is written");
        let mut prometheus = Self {
            port: free_port(),
            client: Client::new(),
            running: None,
            folder,
        };
        prometheus.start_again();
        prometheus
    }

    /// Starts it on the same data and port.
    pub fn start_again(&mut self) {
        let folder = self.folder.path();
        let mut command = Command::new(BINARY);
        command
            .arg(format!(
                "--config.file={}",
                folder.join("prometheus.yml").display()
            ))
            .arg(format!("--storage.tsdb.path={}", folder.join("series").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{}", self.port))
            .arg("--web.enable-remote-write-receiver")
            .arg("--enable-feature=exemplar-storage,native-histograms");
        self.running = Some(Process::spawn("prometheus", &mut command, &folder.join("log")));
        let (client, url) = (self.client.clone(), self.url("/-/ready"));
        until("prometheus is ready", Duration::from_secs(30), || {
            client
                .get(&url)
                .send()
                .and_then(reqwest::blocking::Response::error_for_status)
        });
    }

    /// Stops it as an operator would; its data stays.
    pub fn stop(&mut self) {
        let mut process = self.running.take().expect("prometheus runs");
        process.signal(Signal::TERM);
        process.wait(Duration::from_secs(30));
    }

    /// Where to write to.
    pub fn write_url(&self) -> String {
        self.url("/api/v1/write")
    }

    /// The answer to an instant query: a vector's or a matrix's elements.
    pub fn query(&self, query: &str) -> Vec<Value> {
        let answer = self.get("/api/v1/query", &[("query", query)]);
        answer["data"]["result"]
            .as_array()
            .expect("result is a list")
            .clone()
    }

    /// The exemplars that `query` selects, of the last hour.
    pub fn exemplars(&self, query: &str) -> Vec<Value> {
        let now = super::spans::nanoseconds_from_now(0) / 1_000_000_000;
        let (start, end) = ((now - 3_600).to_string(), (now + 60).to_string());
        let range = [("query", query), ("start", start.as_str()), ("end", end.as_str())];
        self.get("/api/v1/query_exemplars", &range)["data"]
            .as_array()
            .expect("data is a list")
            .clone()
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        self.running.as_ref().map(Process::log).unwrap_or_default()
    }

    fn get(&self, path: &str, parameters: &[(&str, &str)]) -> Value {
        let answer = self
            .client
            .get(self.url(path))
            .query(parameters)
            .send()
            .expect("prometheus answers");
        let body: Value = answer.json().expect("answer is JSON");
        assert_eq!(body["status"], "success", "{path} {parameters:?}: {body}");
        body
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

#[test]
fn prometheus_answers_again_after_a_stop() {
    let mut prometheus = Prometheus::start();
    prometheus.stop();
    prometheus.start_again();
    assert_eq!(prometheus.query("vector(1)")[0]["value"][1], "1");
    assert!(prometheus.exemplars("a").is_empty());
}
