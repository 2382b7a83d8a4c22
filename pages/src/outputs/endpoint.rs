//! What is known of an endpoint, made fit to be told: its state, and its times and errors.

use std::time::{Duration, SystemTime};

use spangraph_actors::writer::{LastError, WriterDescription};
use spangraph_config::{RemoteWriteEndpoint, TenantId, TenantSettings};

use super::fix::likely_fix;
use super::report::{CountsReport, EndpointReport, EndpointState, LastErrorReport};
use crate::scrapes::{age, unix_milliseconds};

/// How long after a failure an endpoint that takes samples again counts as impaired.
const RECENT: Duration = Duration::from_secs(120);

/// Less lag than this is none: a collection takes its time to be sent.
const SMALL_LAG: Duration = Duration::from_secs(10);

/// All that is known of an endpoint.
pub struct Endpoint<'a> {
    /// Whose it is.
    pub tenant: &'a TenantId,
    /// The tenant's settings.
    pub tenant_settings: &'a TenantSettings,
    /// Its own settings.
    pub settings: &'a RemoteWriteEndpoint,
    /// What its writer says; `None` when there is none or it does not answer.
    pub writer: Option<&'a WriterDescription>,
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

    fn state(&self, writer: &WriterDescription, now: SystemTime) -> EndpointState {
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

impl From<&LastError> for LastErrorReport {
    fn from(error: &LastError) -> Self {
        Self {
            message: error.message.clone(),
            unix_milliseconds: unix_milliseconds(error.at),
            likely_fix: likely_fix(&error.message).map(str::to_owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use spangraph_actors::writer::Counts;
    use spangraph_config::{QueueSettings, RemoteUrl, TlsClientSettings};

    use super::*;

    /// An endpoint named `main`.
    fn endpoint(url: &str) -> RemoteWriteEndpoint {
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

    fn writer(last_sent: Option<u64>, failed: Option<u64>) -> WriterDescription {
        WriterDescription {
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
    fn report(writer: Option<&WriterDescription>) -> EndpointReport {
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
            let writer = WriterDescription {
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
