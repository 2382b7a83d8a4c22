//! What is told of the outputs.

use serde::Serialize;
use spangraph_actors::writer::Counts;
use utoipa::ToSchema;

/// Where the series go.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OutputsReport {
    /// The endpoints of the tenants that have sent spans, by tenant and in the order of the configuration.
    pub endpoints: Vec<EndpointReport>,
    /// How many tenants have sent spans.
    pub tenants: usize,
    /// How the series are scraped.
    pub scrapes: ScrapesReport,
}

/// One endpoint of one tenant; counts are since the start.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EndpointReport {
    /// Whose series it takes.
    pub tenant: String,
    /// Its name.
    pub name: String,
    /// Where it is, with `<secret>` in the place of what may be one.
    pub url: String,
    /// How it is.
    pub state: EndpointState,
    /// What waits.
    pub queued: CountsReport,
    /// What the requests under way carry.
    pub under_way: CountsReport,
    /// How many requests are under way, those that wait for another attempt included.
    pub requests_under_way: usize,
    /// Above how many samples the oldest are dropped; the same holds for native histograms.
    pub capacity: u64,
    /// The age of the oldest sample that was not sent yet.
    pub lag_seconds: f64,
    /// What it took.
    pub sent: CountsReport,
    /// What it refused for good; refused seeds are no loss.
    pub failed: CountsReport,
    /// What was dropped before it was sent.
    pub dropped: CountsReport,
    /// Samples that were to be sent again, each time.
    pub samples_retried: u64,
    /// When it last took a request.
    pub last_sent_unix_milliseconds: Option<u64>,
    /// The last failure, which may be long over.
    pub last_error: Option<LastErrorReport>,
    /// How much longer nothing is sent because the endpoint asked for that with `Retry-After`; 0 when it did not.
    pub paused_seconds: f64,
}

/// How an endpoint is, from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndpointState {
    /// Nothing was sent yet, and nothing failed.
    Idle,
    /// It takes what it is sent.
    Sending,
    /// It takes samples, but more slowly than they come.
    Lagging,
    /// It takes samples, and failed in the last two minutes too.
    Impaired,
    /// The last that was heard of it is a failure.
    Failing,
    /// Its writer does not run or does not answer.
    Unusable,
}

/// How many of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct CountsReport {
    /// Values and staleness markers.
    pub samples: u64,
    /// Exemplars.
    pub exemplars: u64,
    /// Native histograms.
    pub histograms: u64,
    /// Zeros before the first value of new series.
    pub seeds: u64,
}

/// A failure of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LastErrorReport {
    /// What it was.
    pub message: String,
    /// When it was.
    pub unix_milliseconds: u64,
    /// What can most likely be done about it.
    pub likely_fix: Option<String>,
}

/// How `/metrics/generated` is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ScrapesReport {
    /// How often the series were scraped since the start.
    pub count: u64,
    /// When that was last.
    pub last_unix_milliseconds: Option<u64>,
}

impl EndpointReport {
    /// How full the fuller of its two queues is, 0 to 1; more when one collection alone is larger.
    #[must_use]
    pub fn fill(&self) -> f64 {
        let others = |counts: CountsReport| counts.samples + counts.exemplars + counts.seeds;
        let samples = others(self.queued) + others(self.under_way);
        let fullest = samples.max(self.queued.histograms + self.under_way.histograms);
        share(fullest, self.capacity)
    }
}

impl EndpointState {
    /// The state in a word or two.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Sending => "sending",
            Self::Lagging => "lagging",
            Self::Impaired => "impaired",
            Self::Failing => "failing",
            Self::Unusable => "unusable",
        }
    }
}

impl From<Counts> for CountsReport {
    fn from(counts: Counts) -> Self {
        Self {
            samples: counts.samples,
            exemplars: counts.exemplars,
            histograms: counts.histograms,
            seeds: counts.seeds,
        }
    }
}

/// `part` of `whole`; 0 when there is no whole.
#[expect(
    clippy::cast_precision_loss,
    reason = "a share need not be exact to the last digit"
)]
#[must_use]
pub fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}
