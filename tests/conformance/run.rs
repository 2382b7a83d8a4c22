//! One case against one server: configure, send, wait, compare.

use std::fs;
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::case::{Case, Step};
use super::not_yet::NotYet;
use super::rows::request_of;
use super::series::{SeriesSet, compare, received, service_graphs};
use crate::harness::otlp::{ALL_ACCEPTED, GrpcSender, Sender};
use crate::harness::until::within;
use crate::harness::{RemoteWriteReceiver, Server, ServerConfig};

/// Halves expire two seconds after they came, and are collected within a second after that: earlier than
/// this the last values may still change.
const SETTLE: Duration = Duration::from_millis(4_500);

/// How much longer a comparison may take to hold.
const DEADLINE: Duration = Duration::from_secs(15);

/// How much longer a listed case gets to pass by surprise.
const SURPRISE: Duration = Duration::from_millis(1_500);

/// Runs `case` and says what is wrong, judged by whether and why it is listed as not yet built.
pub fn judge(case: &Case, not_yet: Option<&NotYet>) -> Result<(), String> {
    let run = Run::start(case);
    let expected = case.expected();
    let Some(entry) = not_yet else {
        return run.compare_within(DEADLINE, &expected, Clone::clone);
    };
    if entry.service_graphs_count(&case.name) {
        run.compare_within(DEADLINE, &service_graphs(&expected), service_graphs)?;
    }
    match run.compare_within(SURPRISE, &expected, Clone::clone) {
        Ok(()) => Err(format!(
            "  it passes whole: remove it from not-yet.txt ({})",
            entry.reason
        )),
        Err(_) => Ok(()),
    }
}

/// A case under way: the server is kept until the comparison is done.
struct Run {
    remote: RemoteWriteReceiver,
    server: Result<Server, String>,
}

impl Run {
    fn start(case: &Case) -> Self {
        let remote = RemoteWriteReceiver::start();
        let server = configured(case, &remote).try_start();
        let server = server.and_then(|server| send(case, &server).map(|()| server));
        if server.is_ok() {
            thread::sleep(SETTLE);
        }
        Self { remote, server }
    }

    fn compare_within(
        &self,
        deadline: Duration,
        expected: &SeriesSet,
        part: impl Fn(&SeriesSet) -> SeriesSet,
    ) -> Result<(), String> {
        let server = self.server.as_ref().map_err(Clone::clone)?;
        let differ = || compare(expected, &part(&received(&self.remote)));
        within(deadline, differ).map_err(|difference| format!("{difference}{}", server.process.log()))
    }
}

fn configured(case: &Case, remote: &RemoteWriteReceiver) -> ServerConfig {
    let processors = json!({ "overrides": { "defaults": { "metrics_generator": {
        "processors": ["service-graphs", "span-metrics"],
    } } } });
    let config = ServerConfig::new().remote_write(&remote.url()).with(&processors);
    let Some(tenants) = &case.tenants else {
        return config.with(&case.config);
    };
    let file = config.folder().join("overrides.yaml");
    fs::write(&file, json!({ "overrides": tenants }).to_string()).expect("overrides are written");
    let overrides = json!({ "per_tenant_override_config": file });
    config
        .with(&case.config)
        .with(&json!({ "multitenancy_enabled": true, "overrides": overrides }))
}

fn send(case: &Case, server: &Server) -> Result<(), String> {
    let mut sender = GrpcSender::connect(&server.otlp_grpc());
    case.steps.iter().try_for_each(|step| take(step, &mut sender))
}

fn take(step: &Step, sender: &mut GrpcSender) -> Result<(), String> {
    if let Some(rows) = &step.send {
        let answer = sender.send_as(step.tenant.as_deref(), request_of(rows));
        if answer != ALL_ACCEPTED {
            return Err(format!("a request was answered {answer:?}"));
        }
    }
    thread::sleep(Duration::from_secs(step.wait_s.unwrap_or(0)));
    Ok(())
}
