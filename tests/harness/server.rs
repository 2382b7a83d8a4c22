//! The server under test as a process of its own, on free ports and in a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output};
use std::time::Duration;

use reqwest::blocking::Client;
use reqwest::header::ACCEPT;
use rustix::process::Signal;
use serde_json::Value;
use spangraph_test_support::exposition::Scrape;
use tempfile::TempDir;

use super::process::Process;
use super::until::{check, within};
use super::{config, executable, ports, until};

/// The content type that asks for OpenMetrics.
pub const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0";

const START: Duration = Duration::from_secs(30);
const STOP: Duration = Duration::from_secs(30);

/// Where one server listens.
#[derive(Clone, Copy)]
pub struct Ports {
    pub grpc: u16,
    pub http: u16,
    pub pages: u16,
}

impl Ports {
    /// Three free ports.
    pub fn free() -> Self {
        Self {
            grpc: ports::free_port(),
            http: ports::free_port(),
            pages: ports::free_port(),
        }
    }
}

/// What a server is started with.
pub struct ServerConfig {
    pub ports: Ports,
    settings: Value,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    secure_pages: bool,
    is_unheard: bool,
    folder: TempDir,
}

impl ServerConfig {
    /// The base configuration on free ports, without a remote.
    pub fn new() -> Self {
        Self::of(|ports, _| config::base(ports))
    }

    /// The ready-made file `name` of `config/` on free ports.
    pub fn example(name: &str) -> Self {
        Self::of(|ports, _| config::example(name, ports))
    }

    /// These settings as they are, made for free ports and the server's own folder.
    pub fn of(settings: impl FnOnce(&Ports, &Path) -> Value) -> Self {
        let ports = Ports::free();
        let folder = TempDir::with_prefix("spangraph-test-").expect("temporary folder is made");
        Self {
            ports,
            settings: settings(&ports, folder.path()),
            arguments: Vec::new(),
            environment: Vec::new(),
            secure_pages: false,
            is_unheard: false,
            folder,
        }
    }

    /// Lays `over` on the settings.
    pub fn with(mut self, over: &Value) -> Self {
        config::merge(&mut self.settings, over);
        self
    }

    /// Writes to the remote at `url`.
    pub fn remote_write(self, url: &str) -> Self {
        self.with(&config::remote_write(url))
    }

    /// Puts `argument` before `--config`: a subcommand.
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Puts a variable into the server's environment.
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Lets nothing be written that the server prints, as on a full disk.
    pub fn unheard(mut self) -> Self {
        self.is_unheard = true;
        self
    }

    /// The server's own folder, for files that the settings name.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts the server and waits until it is ready; fails when it is not.
    pub fn start(self) -> Server {
        self.try_start().unwrap_or_else(|reason| panic!("{reason}"))
    }

    /// As [`Self::start`], for pages that cannot be asked in plain text: the announcement tells that it is ready.
    pub fn start_with_secure_pages(mut self) -> Server {
        self.secure_pages = true;
        self.start()
    }

    /// As [`Self::start`], but gives back why the server is not ready.
    pub fn try_start(self) -> Result<Server, String> {
        self.begin().try_ready()
    }

    /// Starts the server without waiting for it.
    pub fn begin(self) -> Starting {
        let file = self.folder.path().join("config.yaml");
        write_settings(&file, &self.settings);
        let mut command = executable::command();
        command
            .args(&self.arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .arg("--config")
            .arg(&file)
            .current_dir(self.folder.path());
        let spawn = if self.is_unheard {
            Process::spawn_unheard
        } else {
            Process::spawn
        };
        let process = spawn("spangraph", &mut command, &self.folder.path().join("log"));
        Starting(Server {
            ports: self.ports,
            process,
            client: Client::new(),
            secure_pages: self.secure_pages,
            settings: self.settings,
            folder: self.folder,
        })
    }
}

/// A server that may not be ready yet.
pub struct Starting(Server);

impl Starting {
    /// Its process.
    pub fn process(&self) -> &Process {
        &self.0.process
    }

    /// Waits until the server is ready; fails when it is not.
    pub fn ready(self) -> Server {
        self.try_ready().unwrap_or_else(|reason| panic!("{reason}"))
    }

    fn try_ready(self) -> Result<Server, String> {
        let mut server = self.0;
        match within(START, || server.ready()) {
            Ok(Ok(())) => Ok(server),
            Ok(Err(reason)) | Err(reason) => Err(format!("{reason}\n{}", server.process.log())),
        }
    }
}

/// A running server.
pub struct Server {
    pub ports: Ports,
    pub process: Process,
    client: Client,
    secure_pages: bool,
    settings: Value,
    folder: TempDir,
}

impl Server {
    /// `Err` to look again, `Ok(Err)` when there is no use in it, `Ok(Ok)` when ready.
    fn ready(&mut self) -> Result<Result<(), String>, String> {
        if let Some(status) = self.process.exited() {
            return Ok(Err(format!("the server ended before it was ready: {status}")));
        }
        if self.secure_pages {
            let is_announced = self.process.log().contains("is running");
            return if is_announced {
                Ok(Ok(()))
            } else {
                Err("nothing is announced yet".to_owned())
            };
        }
        match self.client.get(self.page("/ready")).send() {
            Ok(answer) if answer.status().is_success() => Ok(Ok(())),
            Ok(answer) => Err(format!("/ready answers {}", answer.status())),
            Err(error) => Err(format!("/ready: {error}")),
        }
    }

    /// The server's configuration file.
    pub fn config_file(&self) -> PathBuf {
        self.folder.path().join("config.yaml")
    }

    /// Writes the configuration file anew: the settings of the start with `over` laid on them.
    pub fn write_config(&self, over: &Value) {
        let mut settings = self.settings.clone();
        config::merge(&mut settings, over);
        write_settings(&self.config_file(), &settings);
    }

    /// What `GET /api/v1/overview` says of loading the configuration.
    pub fn loading(&self) -> Value {
        let text = self.text("/api/v1/overview", "application/json");
        let mut report: Value = serde_json::from_str(&text).expect("the overview is JSON");
        report["loading"].take()
    }

    /// Sends SIGHUP.
    pub fn hang_up(&self) {
        self.process.signal(Signal::HUP);
    }

    /// Sends SIGHUP and gives back what came of it.
    pub fn reload(&self) -> Value {
        let before = self.loading();
        self.hang_up();
        until("the reload is told", Duration::from_secs(20), || {
            let loading = self.loading();
            let is_new = loading["last_reload"] != before["last_reload"];
            check(is_new, || loading.to_string()).map(|()| loading["last_reload"].clone())
        })
    }

    /// The URL of a page.
    pub fn page(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.ports.pages)
    }

    /// The URL of the HTTP receiver.
    pub fn otlp_http(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.http)
    }

    /// The URL of the gRPC receiver.
    pub fn otlp_grpc(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.grpc)
    }

    /// The server's own metrics.
    pub fn own_metrics(&self) -> Scrape {
        Scrape::parse(&self.text("/metrics", "text/plain")).unwrap()
    }

    /// The series that it generates, with exemplars.
    pub fn generated(&self) -> Scrape {
        Scrape::parse(&self.text("/metrics/generated", OPEN_METRICS)).unwrap()
    }

    /// A page's text; fails when the page is not there.
    pub fn text(&self, path: &str, accept: &str) -> String {
        let answer = self
            .client
            .get(self.page(path))
            .header(ACCEPT, accept)
            .send()
            .expect("page answers");
        let answer = answer.error_for_status().expect("page is there");
        answer.text().expect("page is text")
    }

    /// Asks the server to stop and waits for its end.
    pub fn stop(&mut self) -> ExitStatus {
        self.process.signal(Signal::TERM);
        self.process.wait(STOP)
    }
}

/// JSON is YAML, so the merged settings need no writer of their own.
fn write_settings(file: &Path, settings: &Value) {
    let text = serde_json::to_string_pretty(settings).expect("settings are printable");
    fs::write(file, text).expect("configuration is written");
}

/// Runs the binary to its end, for what needs no running server.
pub fn run_binary(arguments: &[&str]) -> Output {
    executable::command()
        .args(arguments)
        .output()
        .expect("binary starts")
}

/// Writes `text` as a configuration file into `folder`.
pub fn config_file(folder: &Path, text: &str) -> PathBuf {
    let file = folder.join("spangraph.yaml");
    fs::write(&file, text).expect("configuration is written");
    file
}
