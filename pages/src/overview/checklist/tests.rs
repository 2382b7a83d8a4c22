//! Each check finds what it is for, and nothing just short of it.

mod load;
mod outputs;
mod pairing;
mod server;
mod tenants;

use std::time::{Duration, Instant};

use spangraph_actors::activity::Role;
use spangraph_actors::durability::EndpointSamples;
use spangraph_serving::open_listeners::OpenListener;
use spangraph_serving::receiver_metrics::RefusalReason;

use super::*;
use crate::actors::report::tests::actor;
use crate::actors::report::{ActorsReport, GateReport};
use crate::loading::ReloadState;
use crate::outputs::report::{CountsReport, EndpointReport, EndpointState, OutputsReport, ScrapesReport};
use crate::overview::situation::TenantSituation;
use crate::sampling::{Reading, Window};
use crate::severity::Severity;

/// A server in good health, to be made ill.
struct Case {
    obstacle: Option<&'static str>,
    open_listeners: Vec<OpenListener>,
    loading: ReloadState,
    state_trouble: Option<&'static str>,
    unclaimed: Vec<EndpointSamples>,
    log_trouble: Option<&'static str>,
    uptime: Duration,
    actors: ActorsReport,
    outputs: OutputsReport,
    tenant: TenantSituation,
    earlier: Reading,
    now: Reading,
}

impl Case {
    fn healthy() -> Self {
        let start = Instant::now();
        Self {
            obstacle: None,
            open_listeners: Vec::new(),
            loading: ReloadState::loaded_now(),
            state_trouble: None,
            unclaimed: Vec::new(),
            log_trouble: None,
            uptime: Duration::from_secs(1_000),
            actors: ActorsReport {
                gate: GateReport {
                    requests: 0,
                    spans: 0,
                    max_spans: 100,
                    bytes: 0,
                    max_bytes: 1_000,
                },
                actors: vec![actor(Role::Ingest), actor(Role::Matcher)],
            },
            outputs: OutputsReport {
                endpoints: vec![endpoint()],
                tenants: 1,
                scrapes: ScrapesReport::default(),
            },
            tenant: TenantSituation {
                id: "shop&co".to_owned(),
                spans: 1_000,
                halves_paired: 800,
                halves_alone: 200,
                max_items: 100,
                limited: 50,
                limit: 100,
                limit_setting: "max_active_series",
                ..TenantSituation::default()
            },
            earlier: Reading::zero(start),
            now: Reading::zero(start + Duration::from_secs(60)),
        }
    }

    fn found(&self) -> Vec<Attention> {
        attention(&Situation {
            obstacle: self.obstacle,
            open_listeners: &self.open_listeners,
            loading: &self.loading,
            state_trouble: self.state_trouble,
            unclaimed: &self.unclaimed,
            log_trouble: self.log_trouble,
            uptime: self.uptime,
            actors: &self.actors,
            outputs: &self.outputs,
            tenants: std::slice::from_ref(&self.tenant),
            window: &Window::new(vec![self.earlier, self.now]),
        })
    }

    fn titles(&self) -> Vec<String> {
        self.found()
            .into_iter()
            .map(|attention| attention.title)
            .collect()
    }
}

/// What is found after `change`, which must be one thing or none.
fn after(change: impl FnOnce(&mut Case)) -> Option<Attention> {
    let mut case = Case::healthy();
    change(&mut case);
    let mut found = case.found();
    assert!(found.len() <= 1, "{found:?}");
    found.pop()
}

/// Its title, its severity and a part of its remedy.
#[track_caller]
fn assert_found(found: Option<Attention>, title: &str, severity: Severity, remedy: &str) {
    let found = found.unwrap_or_else(|| panic!("{title:?} is not found"));
    assert!(found.title.contains(title), "{found:?}");
    assert_eq!(found.severity, severity, "{found:?}");
    assert!(found.remedy.contains(remedy), "{found:?}");
}

fn endpoint() -> EndpointReport {
    EndpointReport {
        tenant: "shop&co".to_owned(),
        name: "main".to_owned(),
        url: "http://host/api/v1/write".to_owned(),
        state: EndpointState::Sending,
        queued: CountsReport::default(),
        under_way: CountsReport::default(),
        requests_under_way: 0,
        capacity: 100,
        lag_seconds: 0.0,
        sent: CountsReport::default(),
        failed: CountsReport::default(),
        dropped: CountsReport::default(),
        samples_retried: 0,
        last_sent_unix_milliseconds: None,
        last_error: None,
        paused_seconds: 0.0,
    }
}

#[test]
fn samples_that_nobody_sends_are_told_with_their_endpoint() {
    let samples = EndpointSamples {
        tenant: "shop".to_owned(),
        endpoint: "old".to_owned(),
        samples: 7,
    };
    let found = after(|case| case.unclaimed = vec![samples]).unwrap();
    assert_eq!(found.detail, "7 samples, the first for old of tenant shop");
}

#[test]
fn state_that_is_not_kept_is_told_with_its_cause() {
    let found = after(|case| case.state_trouble = Some("no space left on device")).unwrap();
    assert_eq!(found.title, "The state is not kept on the disk");
    assert_eq!(found.detail, "no space left on device");
}

#[test]
fn requests_that_cannot_be_logged_are_told_with_the_cause() {
    let found = after(|case| case.log_trouble = Some("no space left on device")).unwrap();
    assert_eq!(found.title, "Requests cannot be made durable");
    assert_eq!(found.detail, "no space left on device");
}

#[test]
fn a_healthy_server_needs_no_attention() {
    assert_eq!(Case::healthy().titles(), [""; 0]);
}

fn position(reason: RefusalReason) -> usize {
    let mut reasons = RefusalReason::ALL.iter();
    reasons.position(|each| *each == reason).unwrap()
}

#[test]
fn the_worst_comes_first() {
    let mut case = Case::healthy();
    case.actors.gate.spans = 100;
    case.tenant.updates_limited = 1;
    case.tenant.pending_edges = 95;
    case.now.totals.delivery.dropped = 5;
    assert_eq!(
        case.titles(),
        [
            "Samples are dropped",
            "Tenant shop&co has reached max_active_series",
            "The gate is nearly full",
            "The pending table of tenant shop&co is nearly full",
        ]
    );
}
