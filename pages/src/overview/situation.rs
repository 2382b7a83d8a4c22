//! All that it takes to see what needs attention.

use std::time::Duration;

use spangraph_actors::durability::EndpointSamples;
use spangraph_actors::tenants::Tenant;
use spangraph_config::Limiter;
use spangraph_serving::open_listeners::OpenListener;
use spangraph_serving::receiver_metrics::RefusalReason;

use crate::actors::report::ActorsReport;
use crate::links::Link;
use crate::loading::ReloadState;
use crate::outputs::report::OutputsReport;
use crate::sampling::{TenantView, Window};

/// How the server is.
pub struct Situation<'a> {
    /// Why it takes no spans.
    pub obstacle: Option<&'a str>,
    /// The listeners that let in anybody from anywhere.
    pub open_listeners: &'a [OpenListener],
    /// How long it has been running.
    pub uptime: Duration,
    /// The gate and the actors.
    pub actors: &'a ActorsReport,
    /// The endpoints and the scrapes.
    pub outputs: &'a OutputsReport,
    /// What came of loading the configuration.
    pub loading: &'a ReloadState,
    /// Why the state of now is not on the disk; none when it is, or none is to be.
    pub state_trouble: Option<&'a str>,
    /// Samples that wait on the disk for endpoints that no running tenant has.
    pub unclaimed: &'a [EndpointSamples],
    /// Why requests cannot be logged.
    pub log_trouble: Option<&'a str>,
    /// The tenants that have sent spans.
    pub tenants: &'a [TenantSituation],
    /// The readings of the last minute.
    pub window: &'a Window,
}

impl Situation<'_> {
    /// How many requests were refused for `reason` in the last minute.
    #[must_use]
    pub fn refused_for(&self, reason: RefusalReason) -> u64 {
        let position = RefusalReason::ALL.iter().position(|each| *each == reason);
        self.window.increase(|reading| {
            position
                .and_then(|position| reading.refused.get(position))
                .copied()
                .unwrap_or(0)
        })
    }
}

/// How one tenant is; counts are of the last minute or so.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TenantSituation {
    /// Its id.
    pub id: String,
    /// Requests that its ingestion limit refused.
    pub requests_limited: u64,
    /// Spans accepted.
    pub spans: u64,
    /// Spans of them that came outside of the slack.
    pub spans_outside_slack: u64,
    /// Spans of them whose duration cannot be.
    pub spans_impossible_duration: u64,
    /// Whether histograms take these durations all the same.
    pub observes_impossible_durations: bool,
    /// Halves whose edge was completed.
    pub halves_paired: u64,
    /// Halves whose other side never came.
    pub halves_alone: u64,
    /// Halves that found no room to wait.
    pub halves_dropped: u64,
    /// Updates that a limit turned away.
    pub updates_limited: u64,
    /// Edges that wait for a half now.
    pub pending_edges: u64,
    /// How many may.
    pub max_items: u64,
    /// Series or label sets now, whichever are limited.
    pub limited: u64,
    /// How many there may be; 0 means no limit.
    pub limit: u64,
    /// The setting of that limit.
    pub limit_setting: &'static str,
}

impl TenantSituation {
    /// The situation of `tenant`, of which the window has `view`.
    #[must_use]
    pub fn new(view: &TenantView, tenant: &Tenant) -> Self {
        let (limited, limit, limit_setting) = match tenant.profile.settings.registry.limiter {
            Limiter::Series(most) => (
                tenant.handles.metrics.active_series.get(),
                most,
                "max_active_series",
            ),
            Limiter::Entities(most) => (
                tenant.handles.metrics.active_entities.get(),
                most,
                "max_active_entities",
            ),
        };
        Self {
            id: view.id.to_string(),
            requests_limited: view.increase(|totals| totals.requests_limited),
            spans: view.increase(|totals| totals.spans_received),
            spans_outside_slack: view.increase(|totals| totals.spans_outside_slack),
            spans_impossible_duration: view.increase(|totals| totals.spans_impossible_duration),
            observes_impossible_durations: tenant.profile.settings.observe_impossible_durations,
            halves_paired: view.increase(|totals| totals.halves_paired),
            halves_alone: view.increase(|totals| totals.halves_alone),
            halves_dropped: view.increase(|totals| totals.halves_dropped),
            updates_limited: view.increase(|totals| totals.limited_updates),
            pending_edges: view.now.pending_edges,
            max_items: as_u64(tenant.profile.settings.service_graphs.max_items),
            limited: u64::try_from(limited).unwrap_or(0),
            limit: as_u64(limit),
            limit_setting,
        }
    }

    /// The page at `path` that shows this tenant.
    #[must_use]
    pub fn page(&self, path: &str) -> String {
        Link::to(path).with("tenant", &self.id).to_string()
    }
}

fn as_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
