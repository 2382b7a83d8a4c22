//! The server at a glance: built from the readings of the last two minutes and from what the other pages know.

use std::time::Duration;

use serde::Serialize;
use spangraph_serving::receiver_metrics::RefusalReason;
use utoipa::ToSchema;

use super::attention::Attention;
use super::checklist::attention;
use super::situation::Situation;
use crate::actors::report::GateReport;
use crate::loading::ReloadState;
use crate::sampling::{Reading, Window};

/// The window of rates.
pub const MINUTE: Duration = Duration::from_secs(60);

/// The window of curves.
pub const TWO_MINUTES: Duration = Duration::from_secs(120);

/// Nobody reads more; thousands of tenants may all be ill at the same time.
const MOST_FINDINGS: usize = 50;

/// The server at a glance; rates are of the last minute.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OverviewReport {
    /// Whether it takes spans.
    pub is_ready: bool,
    /// Why not.
    pub obstacle: Option<String>,
    /// Its version.
    pub version: String,
    /// How long it has been running.
    pub uptime_seconds: u64,
    /// When its configuration was loaded, and what came of the last attempts to load it again.
    pub loading: ReloadState,
    /// What needs attention, the worst first; at most 50 findings.
    pub attention: Vec<Attention>,
    /// Further findings.
    pub attention_left_out: usize,
    /// Spans accepted a second.
    pub spans: FlowReport,
    /// Edges counted a second.
    pub edges: FlowReport,
    /// Samples, exemplars and native histograms that endpoints took a second.
    pub samples_sent: FlowReport,
    /// Export requests refused, by reason; reasons that never came are left out.
    pub refused: Vec<RefusedReport>,
    /// What the process uses; left out where the system does not tell.
    pub process: Option<ProcessReport>,
    /// How much is let in and not yet applied.
    pub gate: GateReport,
    /// Tenants that have sent spans.
    pub tenants: usize,
    /// Series held, of all tenants.
    pub active_series: u64,
    /// Edges that wait for a half, of all tenants.
    pub pending_edges: u64,
}

/// How much of something goes through.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct FlowReport {
    /// Since the start.
    pub total: u64,
    /// A second, in the last minute.
    pub per_second: f64,
    /// A second, in each of the last 120 seconds, oldest first; fewer in a young process.
    pub points: Vec<f64>,
}

/// Requests that were refused whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RefusedReport {
    /// Why.
    pub reason: String,
    /// Since the start.
    pub total: u64,
    /// In the last minute.
    pub last_minute: u64,
}

/// What the process uses.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct ProcessReport {
    /// Memory in the machine's RAM, in bytes.
    pub resident_bytes: u64,
    /// CPU seconds used a second; 1 is one core.
    pub cpu_cores: f64,
    /// The cores that it may use.
    pub cores: usize,
}

/// What only the server as a whole knows.
pub struct Server<'a> {
    /// How long it has been running.
    pub uptime: Duration,
    /// The readings of the last two minutes.
    pub history: &'a Window,
}

impl OverviewReport {
    /// The report on `server` in `situation`.
    #[must_use]
    pub fn new(server: &Server<'_>, situation: &Situation<'_>) -> Self {
        let flow = |counter: fn(&Reading) -> u64| FlowReport {
            total: server.history.last().map_or(0, counter),
            per_second: situation.window.rate(counter),
            points: server.history.points(counter),
        };
        let attention = attention(situation);
        let totals = server
            .history
            .last()
            .map(|reading| reading.totals)
            .unwrap_or_default();
        Self {
            is_ready: situation.obstacle.is_none(),
            obstacle: situation.obstacle.map(str::to_owned),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            uptime_seconds: server.uptime.as_secs(),
            loading: situation.loading.clone(),
            attention_left_out: attention.len().saturating_sub(MOST_FINDINGS),
            attention: attention.into_iter().take(MOST_FINDINGS).collect(),
            spans: flow(|reading| reading.totals.spans_received),
            edges: flow(|reading| reading.totals.edges),
            samples_sent: flow(|reading| reading.totals.delivery.sent),
            refused: refused(situation.window),
            process: process(situation.window),
            gate: situation.actors.gate,
            tenants: situation.tenants.len(),
            active_series: totals.active_series,
            pending_edges: totals.pending_edges,
        }
    }
}

fn refused(window: &Window) -> Vec<RefusedReport> {
    let of = |(position, reason): (usize, RefusalReason)| {
        let counter = |reading: &Reading| reading.refused.get(position).copied().unwrap_or(0);
        let total = window.last().map_or(0, counter);
        (total > 0).then(|| RefusedReport {
            reason: reason.to_string(),
            total,
            last_minute: window.increase(counter),
        })
    };
    RefusalReason::ALL
        .into_iter()
        .enumerate()
        .filter_map(of)
        .collect()
}

fn process(window: &Window) -> Option<ProcessReport> {
    let now = window.last()?.process?;
    let microseconds = |reading: &Reading| {
        let cpu = reading.process.map_or(Duration::ZERO, |process| process.cpu);
        u64::try_from(cpu.as_micros()).unwrap_or(u64::MAX)
    };
    Some(ProcessReport {
        resident_bytes: now.resident_bytes,
        cpu_cores: window.rate(microseconds) / 1e6,
        cores: std::thread::available_parallelism().map_or(1, usize::from),
    })
}

#[cfg(test)]
mod tests {
    use std::ops::RangeInclusive;
    use std::time::Instant;

    use super::*;
    use crate::actors::report::ActorsReport;
    use crate::outputs::report::{OutputsReport, ScrapesReport};
    use crate::sampling::ProcessReading;

    /// A reading at `second`, after as many times 10 spans, 100 ms of CPU and one malformed request.
    fn reading(start: Instant, second: u64) -> Reading {
        let mut reading = Reading::zero(start + Duration::from_secs(second));
        reading.totals.spans_received = second * 10;
        let malformed = RefusalReason::ALL
            .iter()
            .position(|reason| *reason == RefusalReason::Malformed);
        reading.refused[malformed.unwrap()] = second;
        reading.process = Some(ProcessReading {
            resident_bytes: 1 << 20,
            cpu: Duration::from_millis(100 * second),
        });
        reading
    }

    fn readings(start: Instant, seconds: RangeInclusive<u64>) -> Window {
        Window::new(seconds.map(|second| reading(start, second)).collect())
    }

    fn nothing_runs() -> ActorsReport {
        ActorsReport {
            gate: GateReport {
                requests: 0,
                spans: 0,
                max_spans: 1,
                bytes: 0,
                max_bytes: 1,
            },
            actors: Vec::new(),
        }
    }

    fn nothing_is_sent() -> OutputsReport {
        OutputsReport {
            endpoints: Vec::new(),
            tenants: 0,
            scrapes: ScrapesReport::default(),
        }
    }

    /// The report of a server that has run for two minutes, and in which nothing is wrong.
    fn report() -> OverviewReport {
        let start = Instant::now();
        let server = Server {
            uptime: Duration::from_millis(120_900),
            history: &readings(start, 0..=120),
        };
        let situation = Situation {
            loading: &ReloadState::loaded_now(),
            obstacle: None,
            open_listeners: &[],
            uptime: TWO_MINUTES,
            actors: &nothing_runs(),
            outputs: &nothing_is_sent(),
            state_trouble: None,
            unclaimed: &[],
            log_trouble: None,
            tenants: &[],
            window: &readings(start, 60..=120),
        };
        OverviewReport::new(&server, &situation)
    }

    #[test]
    fn rates_are_of_the_last_minute_and_points_of_two() {
        let report = report();
        assert_eq!((report.spans.total, report.spans.per_second), (1_200, 10.0));
        assert_eq!(report.spans.points, [10.0; 120]);
        assert_eq!(report.uptime_seconds, 120);
        let process = report.process.unwrap();
        assert!((process.cpu_cores - 0.1).abs() < 1e-9, "{process:?}");
        assert_eq!(report.attention, []);
    }

    #[test]
    fn refused_requests_are_counted_from_the_start_and_in_the_last_minute() {
        let malformed = RefusedReport {
            reason: "malformed".to_owned(),
            total: 120,
            last_minute: 60,
        };
        assert_eq!(report().refused, [malformed]);
    }
}
