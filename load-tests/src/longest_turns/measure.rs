//! Starts the server with a sink, gives it series, does what concerns all of them, and reads the longest turns after each.

use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::options::LongestTurnsOptions;
use super::report::{LongestTurnsReport, StepTurns};
use super::steps::Step;
use crate::drive::{Compression, Limits, Target, Transport, drive, get};
use crate::process::{Server, ServerOptions, lay_over};
use crate::sink::Sink;
use crate::state_folder::{Pace, StateFolder};
use crate::traffic::{Round, every_label_set_once};

const SERIES: &str = "spangraph_active_series";
/// How long the series of a step are waited for.
const PATIENCE: Duration = Duration::from_secs(120);
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// The pages that tell of all series.
const PAGES: [&str; 3] = ["/api/v1/cardinality", "/api/v1/graph", "/api/v1/tenants"];
/// A dimension that no span has, under which series are others all the same.
const DIMENSION: &str = "measured.by";
/// One label set goes on when all others end.
const FEW: usize = 1;

/// Measures the longest turns.
///
/// # Errors
/// When the server cannot be started or reached, refuses spans, or does not come to have the series that it should.
pub async fn longest_turns(options: &LongestTurnsOptions) -> anyhow::Result<LongestTurnsReport> {
    let mut stand = Stand::start(options).await?;
    let mut steps = Vec::new();
    for step in &options.steps {
        stand.take(*step).await?;
        let turns = stand.server.own_metrics().await?;
        steps.push(StepTurns::read(*step, &turns));
        stand.sink.take();
    }
    let series = stand.most_series;
    stand.server.stop().await?;
    Ok(LongestTurnsReport::new(series, steps))
}

/// A server that holds its series.
struct Stand<'o> {
    options: &'o LongestTurnsOptions,
    sink: Sink,
    server: Server,
    all: Arc<Round>,
    few: Arc<Round>,
    most_series: f64,
    /// No two sendings share ids.
    seed: u64,
    /// Dropped after the server.
    _folder: StateFolder,
}

impl<'o> Stand<'o> {
    async fn start(options: &'o LongestTurnsOptions) -> anyhow::Result<Self> {
        let folder = StateFolder::new(options.folder.as_ref())?;
        let sink = Sink::start().await?;
        let pace = Pace {
            collection_interval: options.interval,
            epoch_interval: options.interval,
        };
        let mut settings = settings(options);
        if let Some(over) = &options.server.settings {
            lay_over(&mut settings, over);
        }
        let server = ServerOptions {
            settings: Some(settings),
            ..options.server.clone()
        };
        let server = folder.server(&server, options.mode, pace, &sink.url());
        Ok(Self {
            sink,
            server: Server::start(&server).await?,
            all: Arc::new(every_label_set_once(options.label_sets, options.seed)?),
            few: Arc::new(every_label_set_once(FEW, options.seed)?),
            most_series: 0.0,
            seed: options.seed,
            options,
            _folder: folder,
        })
    }

    async fn take(&mut self, step: Step) -> anyhow::Result<()> {
        match step {
            Step::Births => self.reach_all().await,
            Step::Collections => self.keep_for(3.0 * self.options.interval).await,
            Step::Scrape => self.get_all(&["/metrics/generated"]).await,
            Step::Pages => self.get_all(&PAGES).await,
            // Limits are looked at every 15 s, and a period begins with the first look.
            Step::Limits => self.keep_for(2.0 * self.options.stale + 30.0).await,
            Step::Reload => self.reload(&one_more_gauge()).await,
            Step::Relabel => self.reload(&one_more_dimension()).await,
            Step::Ends => self.end().await,
        }
    }

    /// Sends every label set once.
    async fn reach_all(&mut self) -> anyhow::Result<()> {
        let all = Arc::clone(&self.all);
        self.send(&all).await?;
        let expected = self.options.label_sets as f64;
        self.wait_for("all series", |series| series >= expected).await
    }

    /// Sends all again and again, so that none grows stale.
    async fn keep_for(&mut self, seconds: f64) -> anyhow::Result<()> {
        let (begun, all) = (Instant::now(), Arc::clone(&self.all));
        while begun.elapsed() < Duration::from_secs_f64(seconds) {
            self.send(&all).await?;
            sleep(Duration::from_secs_f64(self.options.stale / 8.0)).await;
        }
        Ok(())
    }

    async fn get_all(&mut self, pages: &[&str]) -> anyhow::Result<()> {
        let all = Arc::clone(&self.all);
        for page in pages {
            self.send(&all).await?;
            get(self.server.pages(), page).await?;
        }
        Ok(())
    }

    async fn reload(&mut self, over: &Value) -> anyhow::Result<()> {
        self.server.reload(over)?;
        self.keep_for(3.0 * self.options.interval).await?;
        self.reach_all().await
    }

    async fn end(&mut self) -> anyhow::Result<()> {
        let begun = Instant::now();
        let few = Arc::clone(&self.few);
        while begun.elapsed() < Duration::from_secs_f64(self.options.stale + 2.0 * self.options.interval) {
            self.send(&few).await?;
            sleep(LOOK_AGAIN).await;
        }
        self.wait_for("the end of series", |series| series < 1_000.0)
            .await
    }

    async fn send(&mut self, round: &Arc<Round>) -> anyhow::Result<()> {
        let limits = Limits {
            spans: 1,
            seconds: PATIENCE.as_secs_f64(),
            rate: None,
            connections: 2,
            in_flight: None,
            late_by: 0.0,
        };
        let target = Target {
            endpoint: self.server.receiver(Transport::Grpc).to_owned(),
            transport: Transport::Grpc,
            compression: Compression::None,
            tenant: None,
        };
        self.seed = self.seed.wrapping_add(1);
        let report = drive(round, &target, &limits, self.seed).await?.report;
        ensure!(
            report.accepted_spans == round.spans(),
            "not all was taken: {report:?}"
        );
        Ok(())
    }

    async fn wait_for(&mut self, what: &str, is_reached: impl Fn(f64) -> bool) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            let series = self.server.own_metrics().await?.sum(SERIES, &[]);
            self.most_series = self.most_series.max(series);
            if is_reached(series) {
                return Ok(());
            }
            ensure!(
                begun.elapsed() < PATIENCE,
                "{what} did not come, there are {series}"
            );
            sleep(LOOK_AGAIN).await;
        }
    }
}

/// The limits are so high that nothing is limited, and all is counted for them.
fn settings(options: &LongestTurnsOptions) -> Value {
    json!({
        "metrics_generator": { "registry": { "stale_duration": format!("{}s", options.stale) } },
        "overrides": { "defaults": { "metrics_generator": { "max_cardinality_per_label": 1_000_000 } } },
    })
}

/// One more family, so that others get other numbers and go on.
fn one_more_gauge() -> Value {
    json!({ "overrides": { "defaults": { "metrics_generator": {
        "processors": ["service-graphs", "span-metrics", "host-info"],
    } } } })
}

/// Another label, with which no series is what it was.
fn one_more_dimension() -> Value {
    json!({ "overrides": { "defaults": { "metrics_generator": {
        "processor": { "span_metrics": { "dimensions": [DIMENSION] } },
    } } } })
}
