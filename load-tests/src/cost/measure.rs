//! Starts all receivers, drives each in turn with the same traffic, and reads what they used.

use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;

use super::options::CostOptions;
use super::report::{CostReport, Ratios, SubjectCost, UNCOMPRESSED, goals};
use crate::drive::{Compression, Limits, Target, Transport, drive};
use crate::floor::{FloorMode, FloorTransport};
use crate::process::{Child, Server, Usage, spawn_floor};
use crate::traffic::Round;

/// What a receiver may still do after its last answer, such as counting what it has accepted.
const SETTLE: Duration = Duration::from_millis(500);

/// A receiver that is measured.
struct Subject {
    name: String,
    pid: u32,
    endpoint: String,
    compression: Compression,
    cost: Option<SubjectCost>,
    _process: Process,
}

/// What keeps a receiver running.
enum Process {
    Server(#[expect(dead_code, reason = "it runs until this is dropped")] Box<Server>),
    Floor(#[expect(dead_code, reason = "it runs until this is dropped")] Box<Child>),
    /// Kept running by another.
    Running,
}

/// Measures the server, or what runs already, and the floors.
///
/// # Errors
/// When a receiver cannot be started or reached, or accepts nothing.
pub async fn cost(options: &CostOptions) -> anyhow::Result<CostReport> {
    let round = Arc::new(Round::new(&options.shape)?);
    let mut subjects = vec![subject_under_test(options).await?];
    let uncompressed = subjects.first().map(Subject::uncompressed);
    subjects.extend(uncompressed.filter(|_| options.target.compression != Compression::None));
    for (name, mode, transport) in floors(options) {
        let (child, address) = spawn_floor(mode, transport).await?;
        subjects.push(Subject {
            name: name.to_owned(),
            pid: child.pid(),
            endpoint: address.to_string(),
            compression: options.target.compression,
            cost: None,
            _process: Process::Floor(Box::new(child)),
        });
    }
    let mut seed = options.shape.seed;
    for _ in 0..options.repeat {
        for subject in &mut subjects {
            seed = seed.wrapping_add(2);
            subject.measure(&round, options, seed).await?;
        }
    }
    Ok(report(options, &round, subjects))
}

impl Subject {
    /// The same process, which gets its requests uncompressed.
    fn uncompressed(&self) -> Self {
        Self {
            name: UNCOMPRESSED.to_owned(),
            pid: self.pid,
            endpoint: self.endpoint.clone(),
            compression: Compression::None,
            cost: None,
            _process: Process::Running,
        }
    }

    async fn measure(&mut self, round: &Arc<Round>, options: &CostOptions, seed: u64) -> anyhow::Result<()> {
        let target = Target {
            endpoint: self.endpoint.clone(),
            compression: self.compression,
            ..options.target.clone()
        };
        let warm_up = Limits {
            spans: options.warm_up,
            ..options.limits.clone()
        };
        if options.warm_up > 0 {
            drive(round, &target, &warm_up, seed).await?;
        }
        tokio::time::sleep(SETTLE).await;
        let before = Usage::of(self.pid)?;
        let driven = drive(round, &target, &options.limits, seed + 1).await?;
        tokio::time::sleep(SETTLE).await;
        let usage = Usage::of(self.pid)?.since(&before);
        ensure!(
            driven.report.accepted_spans > 0,
            "{} accepted nothing: {:?}",
            self.name,
            driven.report
        );
        let cost = SubjectCost::new(&self.name, &usage, &driven.report);
        self.cost = Some(cost.or_cheaper(self.cost.take()));
        Ok(())
    }
}

async fn subject_under_test(options: &CostOptions) -> anyhow::Result<Subject> {
    if let Some(pid) = options.pid {
        return Ok(Subject {
            name: format!("process {pid}"),
            pid,
            endpoint: options.target.endpoint.clone(),
            compression: options.target.compression,
            cost: None,
            _process: Process::Running,
        });
    }
    let server = Server::start(&options.server).await?;
    Ok(Subject {
        name: "spangraph".to_owned(),
        pid: server.pid(),
        endpoint: server.receiver(options.target.transport).to_owned(),
        compression: options.target.compression,
        cost: None,
        _process: Process::Server(Box::new(server)),
    })
}

/// The floors that understand what is sent: they are gRPC only, and the one with hyper does not decompress.
fn floors(options: &CostOptions) -> Vec<(&'static str, FloorMode, FloorTransport)> {
    if options.no_floors || options.target.transport == Transport::Http {
        return Vec::new();
    }
    let mut floors = vec![
        ("floor: tonic, drop", FloorMode::Drop, FloorTransport::Tonic),
        ("floor: tonic, walk", FloorMode::Walk, FloorTransport::Tonic),
        ("floor: tonic, decode", FloorMode::Decode, FloorTransport::Tonic),
    ];
    if options.target.compression == Compression::None {
        floors.push(("floor: hyper, drop", FloorMode::Drop, FloorTransport::Hyper));
    }
    floors
}

fn report(options: &CostOptions, round: &Round, subjects: Vec<Subject>) -> CostReport {
    let subjects: Vec<_> = subjects.into_iter().filter_map(|subject| subject.cost).collect();
    let bytes_per_span = round.bytes() as f64 / round.spans() as f64;
    let ratios = Ratios::of(&subjects);
    CostReport {
        shape: options.shape.clone(),
        target: options.target.clone(),
        bytes_per_span,
        spans_per_request: round.spans() as f64 / round.templates().count() as f64,
        goals: goals(&options.target, bytes_per_span, &ratios),
        ratios,
        subjects,
    }
}
