//! The server under test, started with a configuration of its own on free ports.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use clap::Args;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use super::affinity::on_cores;
use super::child::Child;
use crate::drive::{Transport, get};

/// How long it may take to be ready.
const START: Duration = Duration::from_secs(30);
/// How long it may take to stop.
const STOP: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// Its configuration and its log, in a folder of its own.
const CONFIG: &str = "config.yaml";
const LOG: &str = "config.log";

/// How the server is started.
#[derive(Args, Clone, Debug)]
pub struct ServerOptions {
    /// The server's binary.
    #[arg(long, default_value = "target/release/spangraph")]
    pub server: PathBuf,
    /// Settings in JSON, laid over those that it is started with.
    #[arg(long, value_parser = parse_settings)]
    pub settings: Option<Value>,
    /// How long half-edges wait, in seconds; without it as long as the server does by default.
    #[arg(long)]
    pub wait: Option<u32>,
    /// The cores that it may run on, such as 0,1; without it all.
    #[arg(long, value_delimiter = ',')]
    pub server_cores: Vec<usize>,
}

/// A running server; it is ended when it is let go.
#[derive(Debug)]
pub struct Server {
    child: Child,
    grpc: String,
    http: String,
    pages: String,
    folder: TempDir,
}

impl Server {
    /// Starts it with service graphs and span metrics on and nothing to write to, and waits until it is ready.
    ///
    /// # Errors
    /// When it cannot be started or is not ready in time.
    pub async fn start(options: &ServerOptions) -> anyhow::Result<Self> {
        let mut server = Self::launch(options)?;
        server.wait_until_ready().await?;
        Ok(server)
    }

    /// The same without waiting.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn launch(options: &ServerOptions) -> anyhow::Result<Self> {
        let folder = TempDir::with_prefix("spangraph-load-")?;
        let ports = free_ports()?;
        let file = folder.path().join(CONFIG);
        let mut settings = settings(ports, options.wait);
        if let Some(over) = &options.settings {
            lay_over(&mut settings, over);
        }
        // JSON is YAML.
        std::fs::write(&file, settings.to_string())?;
        let address = |port: u16| format!("127.0.0.1:{port}");
        let [grpc, http, pages] = ports.map(address);
        Ok(Self {
            child: spawn(options, &file)?,
            grpc,
            http,
            pages,
            folder,
        })
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.pid()
    }

    /// Where it takes traffic.
    #[must_use]
    pub fn receiver(&self, transport: Transport) -> &str {
        match transport {
            Transport::Grpc => &self.grpc,
            Transport::Http => &self.http,
        }
    }

    /// Where it shows its pages.
    #[must_use]
    pub fn pages(&self) -> &str {
        &self.pages
    }

    /// Waits until it takes traffic.
    ///
    /// # Errors
    /// When it has ended, or is not ready in time; with what it logged.
    pub async fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        while let Err(error) = get(&self.pages, "/ready").await {
            self.child.check_running().with_context(|| self.log())?;
            ensure!(began.elapsed() < START, "the server is not ready: {error:#}");
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    /// Has it read its configuration again, with `over` laid over what that was.
    ///
    /// # Errors
    /// When it has ended, or the file cannot be written.
    pub fn reload(&self, over: &Value) -> anyhow::Result<()> {
        let file = self.folder.path().join(CONFIG);
        let mut settings = serde_json::from_slice(&std::fs::read(&file)?)?;
        lay_over(&mut settings, over);
        std::fs::write(&file, settings.to_string())?;
        self.child.hang_up()
    }

    /// Ends it as a power failure would.
    ///
    /// # Errors
    /// When it had ended before; with what it logged.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill().await.with_context(|| self.log())
    }

    /// Asks it to stop, and waits until it has.
    ///
    /// # Errors
    /// When it had ended before, does not end, or says that it lost something; with what it logged.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.child.stop(STOP).await.with_context(|| self.log())
    }

    /// What it logged; empty when nobody can tell.
    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join(LOG)).unwrap_or_default()
    }
}

fn spawn(options: &ServerOptions, config: &Path) -> anyhow::Result<Child> {
    let binary = &options.server;
    ensure!(
        binary.is_file(),
        "{} is missing; build it or name another with --server",
        binary.display()
    );
    let output = std::fs::File::create(config.with_file_name(LOG))?;
    let errors = output.try_clone()?;
    let mut command = Command::new(binary);
    command.arg("--config").arg(config).stdout(output).stderr(errors);
    if options.server_cores.is_empty() {
        return Child::spawn(&mut command);
    }
    on_cores(&options.server_cores, || Child::spawn(&mut command))?
}

fn settings([grpc, http, pages]: [u16; 3], wait: Option<u32>) -> Value {
    let mut service_graphs = json!({ "max_items": 2_000_000 });
    if let Some(seconds) = wait {
        lay_over(&mut service_graphs, &json!({ "wait": format!("{seconds}s") }));
    }
    json!({
        "server": { "http_listen_address": "127.0.0.1", "http_listen_port": pages, "log_level": "warn" },
        "distributor": { "receivers": { "otlp": { "protocols": {
            "grpc": { "endpoint": format!("127.0.0.1:{grpc}") },
            "http": { "endpoint": format!("127.0.0.1:{http}") },
        } } } },
        "metrics_generator": { "processor": { "service_graphs": service_graphs } },
        "overrides": { "defaults": { "metrics_generator": { "processors": ["service-graphs", "span-metrics"] } } },
    })
}

/// Maps are merged key by key, everything else is replaced.
pub fn lay_over(under: &mut Value, over: &Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                lay_over(under.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (under, over) => *under = over.clone(),
    }
}

/// Three ports that are free now; all are held until all are known, so they differ.
fn free_ports() -> anyhow::Result<[u16; 3]> {
    let bind = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port is free");
    let listeners = [bind()?, bind()?, bind()?];
    let mut ports = [0; 3];
    for (port, listener) in ports.iter_mut().zip(&listeners) {
        *port = listener.local_addr()?.port();
    }
    Ok(ports)
}

fn parse_settings(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_laid_over_key_by_key() {
        let mut settings = settings([1, 2, 3], Some(4));
        lay_over(
            &mut settings,
            &json!({ "metrics_generator": { "processor": { "service_graphs": { "max_items": 7 } } } }),
        );
        let service_graphs = &settings["metrics_generator"]["processor"]["service_graphs"];
        assert_eq!(service_graphs, &json!({ "max_items": 7, "wait": "4s" }));
        assert_eq!(settings["server"]["http_listen_port"], 3);
    }

    #[tokio::test]
    async fn a_server_that_is_not_built_is_named() {
        let options = ServerOptions {
            server: "no/such/server".into(),
            settings: None,
            wait: None,
            server_cores: Vec::new(),
        };
        let error = Server::start(&options).await.unwrap_err().to_string();
        assert!(error.contains("no/such/server is missing"), "{error}");
    }
}
