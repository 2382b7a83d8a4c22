//! What the outputs are doing: built from what the writers say, with times and errors made fit to be shown.

use std::time::{Duration, SystemTime};

use serde::Serialize;
use spangraph_actors::writer::{Counts, LastError, WriterSnapshot};
use spangraph_config::{RemoteWriteEndpoint, TenantId, TenantSettings};
use utoipa::ToSchema;

use super::fix::likely_fix;
use crate::scrapes::{age, unix_milliseconds};

/// How long after a failure an endpoint that takes samples again counts as impaired.
const RECENT: Duration = Duration::from_secs(120);

/// Less lag than this is none: a collection takes its time to be sent.
const SMALL_LAG: Duration = Duration::from_secs(10);

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

/// All that is known of an endpoint.
pub struct Endpoint<'a> {
    /// Whose it is.
    pub tenant: &'a TenantId,
    /// The tenant's settings.
    pub tenant_settings: &'a TenantSettings,
    /// Its own settings.
    pub settings: &'a RemoteWriteEndpoint,
    /// What its writer says; `None` when there is none or it does not answer.
    pub writer: Option<&'a WriterSnapshot>,
}

impl Endpoint<'_> {
    /// What is shown of it at `now`.
    #[must_use]
    pub fn report(&self, now: SystemTime) -> EndpointReport {
        let without_writer = EndpointReport {
            tenant: self.tenant.to_string(),
            name: self.settings.name.clone(),
            url: self.settings.url.to_string(),
            state: EndpointState::Unusable,
            queued: CountsReport::default(),
            under_way: CountsReport::default(),
            requests_under_way: 0,
            capacity: 0,
            lag_seconds: 0.0,
            sent: CountsReport::default(),
            failed: CountsReport::default(),
            dropped: CountsReport::default(),
            samples_retried: 0,
            last_sent_unix_milliseconds: None,
            last_error: None,
            paused_seconds: 0.0,
        };
        let Some(writer) = self.writer else {
            return without_writer;
        };
        EndpointReport {
            state: self.state(writer, now),
            queued: writer.queued.into(),
            under_way: writer.under_way.into(),
            requests_under_way: writer.requests,
            capacity: writer.capacity,
            lag_seconds: writer.lag.as_secs_f64(),
            sent: writer.sent.into(),
            failed: writer.failed.into(),
            dropped: writer.dropped.into(),
            samples_retried: writer.retried,
            last_sent_unix_milliseconds: writer.last_sent.map(unix_milliseconds),
            last_error: writer.last_error.as_ref().map(LastErrorReport::from),
            paused_seconds: writer.paused.as_secs_f64(),
            ..without_writer
        }
    }

    fn state(&self, writer: &WriterSnapshot, now: SystemTime) -> EndpointState {
        let failed = writer.last_error.as_ref().map(|error| error.at);
        let is_recent = |at| age(unix_milliseconds(at), now) < RECENT;
        let lag_allowed = (self.tenant_settings.registry.collection_interval * 2).max(SMALL_LAG);
        if failed.is_some() && failed > writer.last_sent {
            EndpointState::Failing
        } else if failed.is_some_and(is_recent) {
            EndpointState::Impaired
        } else if writer.lag > lag_allowed {
            EndpointState::Lagging
        } else if writer.last_sent.is_some() {
            EndpointState::Sending
        } else {
            EndpointState::Idle
        }
    }
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

impl From<&LastError> for LastErrorReport {
    fn from(error: &LastError) -> Self {
        Self {
            message: error.message.clone(),
            unix_milliseconds: unix_milliseconds(error.at),
            likely_fix: likely_fix(&error.message).map(str::to_owned),
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

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use spangraph_config::{QueueSettings, RemoteUrl, TlsClientSettings};

    use super::*;

    /// An endpoint named `main`.
    pub fn endpoint(url: &str) -> RemoteWriteEndpoint {
        RemoteWriteEndpoint {
            name: "main".to_owned(),
            url: RemoteUrl::new(url),
            remote_timeout: Duration::from_secs(30),
            headers: BTreeMap::new(),
            http_headers: BTreeMap::new(),
            basic_auth: None,
            bearer_token: None,
            tls: TlsClientSettings::default(),
            follow_redirects: true,
            send_exemplars: false,
            send_native_histograms: false,
            write_relabel_rules: Vec::new(),
            queue: QueueSettings::default(),
        }
    }

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn writer(last_sent: Option<u64>, failed: Option<u64>) -> WriterSnapshot {
        WriterSnapshot {
            tenant: TenantId::single(),
            endpoint: "main".to_owned(),
            queued: Counts::default(),
            under_way: Counts::default(),
            requests: 0,
            capacity: 100,
            lag: Duration::ZERO,
            sent: Counts::default(),
            failed: Counts::default(),
            dropped: Counts::default(),
            retried: 0,
            last_sent: last_sent.map(at),
            paused: Duration::ZERO,
            last_error: failed.map(|seconds| LastError {
                at: at(seconds),
                message: "404: Not Found".to_owned(),
            }),
        }
    }

    /// The report at second 1000.
    fn report(writer: Option<&WriterSnapshot>) -> EndpointReport {
        let endpoint = Endpoint {
            tenant: &TenantId::single(),
            tenant_settings: &TenantSettings::default(),
            settings: &endpoint("http://host/api/v1/write?key=1234"),
            writer,
        };
        endpoint.report(at(1_000))
    }

    #[test]
    fn the_state_follows_from_what_was_heard_last() {
        for (last_sent, failed, state) in [
            (None, None, EndpointState::Idle),
            (Some(990), None, EndpointState::Sending),
            (None, Some(1), EndpointState::Failing),
            (Some(990), Some(991), EndpointState::Failing),
            (Some(990), Some(989), EndpointState::Impaired),
            (Some(990), Some(800), EndpointState::Sending),
        ] {
            assert_eq!(
                report(Some(&writer(last_sent, failed))).state,
                state,
                "{last_sent:?} {failed:?}"
            );
        }
        assert_eq!(report(None).state, EndpointState::Unusable);
    }

    #[test]
    fn lag_beyond_two_collections_is_told() {
        let lagging = |seconds| {
            let writer = WriterSnapshot {
                lag: Duration::from_secs(seconds),
                ..writer(Some(999), None)
            };
            report(Some(&writer)).state
        };
        assert_eq!(lagging(30), EndpointState::Sending);
        assert_eq!(lagging(31), EndpointState::Lagging);
    }

    #[test]
    fn an_error_has_its_fix_and_the_url_no_secret() {
        let report = report(Some(&writer(None, Some(5))));
        let error = report.last_error.unwrap();
        assert_eq!(
            (error.message.as_str(), error.unix_milliseconds),
            ("404: Not Found", 5_000)
        );
        assert!(
            error
                .likely_fix
                .unwrap()
                .contains("--web.enable-remote-write-receiver")
        );
        assert_eq!(report.url, "http://host/api/v1/write?key=<secret>");
    }

    #[test]
    fn the_fuller_queue_counts() {
        let counts = |samples, histograms| Counts {
            samples,
            histograms,
            ..Counts::default()
        };
        let mut writer = writer(None, None);
        writer.queued = counts(30, 10);
        writer.under_way = counts(20, 10);
        assert_eq!(report(Some(&writer)).fill(), 0.5);
        writer.queued = counts(0, 80);
        assert_eq!(report(Some(&writer)).fill(), 0.9);
    }
}
