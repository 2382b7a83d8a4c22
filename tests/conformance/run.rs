//! One case against one server: configure, send, wait, compare.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;

use super::base::configuration;
use super::case::{Case, Step};
use super::comparison::compare;
use super::not_yet::NotYet;
use super::rows::request_of;
use super::series::{SeriesSet, received, service_graphs};
use crate::harness::otlp::{ALL_ACCEPTED, GrpcSender, Sender};
use crate::harness::server::Ports;
use crate::harness::until::within;
use crate::harness::{RemoteWriteReceiver, Server, ServerConfig};

/// How far two requests lay apart when Tempo's series were recorded: a pause, since Tempo queues them and close ones could
/// have changed places, and a request.
const RECORDED_APART: Duration = Duration::from_millis(203);

/// Halves expire two seconds after they came, and are collected within a second after that: earlier than
/// this the last values may still change. Cases whose halves wait longer say how long.
const SETTLE_SECONDS: u64 = 7;

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
        let settings = |ports: &Ports, folder: &Path| configuration(case, ports, folder, &remote.url());
        let server = ServerConfig::of(settings).try_start();
        let server = server.and_then(|server| send(case, &server).map(|()| server));
        if server.is_ok() {
            thread::sleep(Duration::from_secs(case.settle_s.unwrap_or(SETTLE_SECONDS)));
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
        let differ = || received(&self.remote).and_then(|received| compare(expected, &part(&received)));
        within(deadline, differ).map_err(|difference| format!("{difference}{}", server.process.log()))
    }
}

/// Takes the steps in their order, each at the moment from the first on at which it was taken when the series were
/// recorded, and stamps what is sent with it. A busy machine sends later; that changes no times between two requests, and
/// does not add up until halves expire that met then.
fn send(case: &Case, server: &Server) -> Result<(), String> {
    let mut sender = GrpcSender::connect(&server.otlp_grpc());
    let (began, steady) = (SystemTime::now(), Instant::now());
    let mut due = Duration::ZERO;
    for step in &case.steps {
        if let Some(rows) = &step.send {
            deliver(step, request_of(rows, began + due), &mut sender)?;
            due += RECORDED_APART;
        }
        due += Duration::from_secs(step.wait_s.unwrap_or(0));
        thread::sleep(due.saturating_sub(steady.elapsed()));
    }
    Ok(())
}

fn deliver(step: &Step, request: ExportTraceServiceRequest, sender: &mut GrpcSender) -> Result<(), String> {
    let answer = sender.send_as(step.tenant.as_deref(), request);
    if answer == ALL_ACCEPTED {
        Ok(())
    } else {
        Err(format!("a request was answered {answer:?}"))
    }
}
