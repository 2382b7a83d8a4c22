//! Starts the server with a sink, gives it series, and measures collections at rest and under load.

use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use serde_json::{Value, json};

use super::arrivals::Arrivals;
use super::options::CollectOptions;
use super::report::{AtRest, CollectReport, Memory, goals};
use super::windows::{Clocks, part};
use crate::drive::{Compression, Driven, Limits, Target, Transport, drive};
use crate::process::{Server, ServerOptions, Usage, lay_over};
use crate::sink::Sink;
use crate::traffic::{Round, every_label_set_once};

/// How long a collection may take beside the interval.
const SLOWEST: Duration = Duration::from_secs(120);

/// Measures collections.
///
/// # Errors
/// When the server cannot be started or reached, refuses spans, or collects nothing.
pub async fn collect(options: &CollectOptions) -> anyhow::Result<CollectReport> {
    let label_sets = Arc::new(every_label_set_once(options.label_sets, options.shape.seed)?);
    let without_collections = resident_without_collections(options, &label_sets).await?;
    let sink = Sink::start().await?;
    let server = start(options, &settings(&sink.url(), options.interval)).await?;
    fill(&server, &label_sets, options.shape.seed).await?;
    let stand = Stand {
        options,
        sink,
        server,
    };
    let rest = stand.rest().await?;
    let clocks = Clocks::now();
    let driven = stand.load().await?;
    let memory = Memory {
        without_collections_bytes: without_collections,
        peak_bytes: Usage::of(stand.server.pid())?.peak_rss_bytes,
    };
    // One more, so that the one before it is complete.
    stand.next_burst(stand.sink.count()).await?;
    drop(stand.server);
    let mut arrivals = Arrivals::default();
    let mut samples_at_rest = 0;
    for (position, body) in stand.sink.take().iter().enumerate() {
        let before = arrivals.samples();
        arrivals.read(body)?;
        if rest.requests.contains(&position) {
            samples_at_rest += arrivals.samples() - before;
        }
    }
    let parted = part(&driven.accepted, &arrivals.complete_collections(), clocks)?;
    let mut report = CollectReport::new(&arrivals, &parted, memory);
    report.at_rest = AtRest::new(&rest.usage, samples_at_rest, rest.bytes);
    report.refused_requests = driven.report.refused_requests() + driven.report.unknown_requests();
    report.goals = goals(&report);
    Ok(report)
}

/// A server that holds its series and collects them.
struct Stand<'a> {
    options: &'a CollectOptions,
    sink: Sink,
    server: Server,
}

/// Collections while nothing is ingested.
struct Rest {
    usage: Usage,
    requests: std::ops::Range<usize>,
    bytes: usize,
}

impl Stand<'_> {
    /// Lets some collections pass. The first one is left out: it has the beginnings of all series.
    async fn rest(&self) -> anyhow::Result<Rest> {
        let first = self.next_burst(self.sink.count()).await?;
        // What was born in the middle of that one comes with this.
        let first = self.next_burst(first).await?;
        let before = Usage::of(self.server.pid())?;
        let mut last = first;
        for _ in 0..self.options.collections {
            last = self.next_burst(last).await?;
        }
        let usage = Usage::of(self.server.pid())?.since(&before);
        Ok(Rest {
            usage,
            requests: first..last,
            bytes: self.sink.bytes(first..last),
        })
    }

    /// A collection is over when nothing has come for a quarter of the interval.
    async fn next_burst(&self, seen: usize) -> anyhow::Result<usize> {
        let interval = Duration::from_secs_f64(self.options.interval);
        self.sink.next_burst(seen, interval / 4, interval + SLOWEST).await
    }

    /// Sends traffic at a rate while collections run.
    async fn load(&self) -> anyhow::Result<Driven> {
        let round = Arc::new(Round::new(&self.options.shape)?);
        let limits = Limits {
            spans: u64::MAX,
            seconds: self.options.seconds,
            rate: Some(self.options.rate),
            connections: self.options.connections,
            in_flight: None,
            late_by: 0.0,
        };
        drive(&round, &target(&self.server), &limits, self.options.shape.seed).await
    }
}

/// What the server holds with all series and nothing to collect them for, in bytes.
async fn resident_without_collections(
    options: &CollectOptions,
    label_sets: &Arc<Round>,
) -> anyhow::Result<u64> {
    let settings =
        json!({ "overrides": { "defaults": { "metrics_generator": { "disable_collection": true } } } });
    let server = start(options, &settings).await?;
    fill(&server, label_sets, options.shape.seed).await?;
    Ok(Usage::of(server.pid())?.rss_bytes)
}

async fn start(options: &CollectOptions, settings: &Value) -> anyhow::Result<Server> {
    let mut settings = settings.clone();
    if let Some(over) = &options.server.settings {
        lay_over(&mut settings, over);
    }
    let server = ServerOptions {
        settings: Some(settings),
        ..options.server.clone()
    };
    Server::start(&server).await
}

/// Sends every label set once.
async fn fill(server: &Server, label_sets: &Arc<Round>, seed: u64) -> anyhow::Result<()> {
    let limits = Limits {
        spans: 1,
        seconds: SLOWEST.as_secs_f64(),
        rate: None,
        connections: 2,
        in_flight: None,
        late_by: 0.0,
    };
    let driven = drive(label_sets, &target(server), &limits, seed).await?;
    ensure!(
        driven.report.accepted_spans == label_sets.spans(),
        "not all series could be made: {:?}",
        driven.report
    );
    Ok(())
}

fn target(server: &Server) -> Target {
    Target {
        endpoint: server.receiver(Transport::Grpc).to_owned(),
        transport: Transport::Grpc,
        compression: Compression::None,
        tenant: None,
    }
}

fn settings(url: &str, interval: f64) -> Value {
    // Room for several collections: what is measured is not how a queue overflows.
    let endpoint = json!({ "url": url, "queue_config": { "capacity": 100_000 } });
    json!({
        "metrics_generator": { "storage": { "remote_write": [endpoint] } },
        "overrides": { "defaults": { "metrics_generator": { "collection_interval": format!("{interval}s") } } },
    })
}
