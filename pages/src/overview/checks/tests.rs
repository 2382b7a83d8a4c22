//! Each check finds what it is for, and nothing just short of it.

use std::time::Instant;

use spangraph_actors::activity::Role;
use spangraph_serving::listener::Listener;
use spangraph_serving::open_listeners::OpenListener;

use super::super::checklist::attention;
use super::*;
use crate::actors::advice;
use crate::actors::report::tests::actor;
use crate::actors::report::{ActorReport, ActorsReport, GateReport};
use crate::loading::{Attempt, ReloadState};
use crate::outputs::report::{CountsReport, LastErrorReport, OutputsReport, ScrapesReport};
use crate::sampling::{Reading, Window};

/// A server in good health, to be made ill.
struct Case {
    obstacle: Option<&'static str>,
    open_listeners: Vec<OpenListener>,
    loading: ReloadState,
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

fn error(likely_fix: Option<&str>) -> LastErrorReport {
    LastErrorReport {
        message: "404: Not Found".to_owned(),
        unix_milliseconds: 1,
        likely_fix: likely_fix.map(str::to_owned),
    }
}

#[test]
fn a_file_that_cannot_be_loaded_is_bad_until_it_can() {
    let mut case = Case::healthy();
    let mut attempt = Attempt {
        unix_milliseconds: 1,
        trigger: Trigger::OverrideFile,
        error: Some("o.yaml has mistakes".to_owned()),
        tenants_changed: 0,
        needs_restart: Vec::new(),
    };
    case.loading.last_override_file = Some(attempt.clone());
    assert_eq!(case.titles(), ["The override file cannot be loaded"]);
    assert_eq!(case.found()[0].detail, "o.yaml has mistakes");
    attempt.error = None;
    case.loading.last_override_file = Some(attempt);
    assert_eq!(case.titles(), [] as [&str; 0]);
}

#[test]
fn a_healthy_server_needs_no_attention() {
    assert_eq!(Case::healthy().titles(), [""; 0]);
}

#[test]
fn a_server_that_takes_no_spans() {
    let found = after(|case| case.obstacle = Some("the server is shutting down"));
    assert_found(found, "takes no spans", Severity::Bad, "log");
}

#[test]
fn requests_refused_for_overload_in_the_last_minute() {
    let overloaded = position(RefusalReason::Overloaded);
    let malformed = position(RefusalReason::Malformed);
    let found = after(|case| case.now.refused[overloaded] = 1);
    assert_found(found, "come again", Severity::Bad, "spangraph.admission");
    let long_ago = after(|case| {
        case.earlier.refused[overloaded] = 1;
        case.now.refused[overloaded] = 1;
    });
    assert_eq!(long_ago, None);
    assert_eq!(
        after(|case| case.now.refused[malformed] = 1),
        None,
        "the sender's own mistake"
    );
}

#[test]
fn tenants_that_find_no_place() {
    let refused = position(RefusalReason::TooManyTenants);
    let found = after(|case| case.now.refused[refused] = 1);
    assert_found(
        found,
        "further tenants",
        Severity::Bad,
        "spangraph.admission.max_tenants",
    );
}

fn position(reason: RefusalReason) -> usize {
    let mut reasons = RefusalReason::ALL.iter();
    reasons.position(|each| *each == reason).unwrap()
}

#[test]
fn a_gate_that_was_nearly_full_at_any_time_of_the_minute() {
    let found = after(|case| case.actors.gate.spans = 80);
    assert_found(
        found,
        "gate is nearly full",
        Severity::Warning,
        "spangraph.admission.max_spans",
    );
    assert!(after(|case| case.earlier.gate.bytes = 800).is_some());
    assert_eq!(after(|case| case.actors.gate.spans = 79), None);
}

#[test]
fn endpoints_that_fail_lag_or_have_a_full_queue() {
    let in_state = |state, fix| {
        after(|case| {
            case.outputs.endpoints[0].state = state;
            case.outputs.endpoints[0].last_error = Some(error(fix));
        })
    };
    let failing = in_state(EndpointState::Failing, Some("start it"));
    assert_found(failing, "main of shop&co fails", Severity::Bad, "start it");
    assert_found(
        in_state(EndpointState::Failing, None),
        "fails",
        Severity::Bad,
        "own log",
    );
    assert_found(
        in_state(EndpointState::Unusable, None),
        "cannot be used",
        Severity::Bad,
        "log",
    );
    assert_found(
        in_state(EndpointState::Impaired, Some("wait")),
        "two minutes",
        Severity::Warning,
        "wait",
    );
    assert_found(
        in_state(EndpointState::Lagging, None),
        "lags",
        Severity::Warning,
        "max_shards",
    );
    assert_eq!(
        in_state(EndpointState::Sending, None),
        None,
        "an error that is long over"
    );
    let filled = |samples| after(|case| case.outputs.endpoints[0].queued.samples = samples);
    assert_found(filled(80), "queue", Severity::Warning, "store");
    assert_eq!(filled(79), None);
}

#[test]
fn samples_dropped_in_the_last_minute() {
    let found = after(|case| case.now.totals.delivery.dropped = 1);
    assert_found(found, "dropped", Severity::Bad, "capacity");
    let long_ago = after(|case| {
        case.earlier.totals.delivery.dropped = 1;
        case.now.totals.delivery.dropped = 1;
    });
    assert_eq!(long_ago, None);
}

#[test]
fn actors_that_cannot_keep_up() {
    let found = after(|case| case.actors.actors[1] = busy(0.95));
    assert_found(
        found,
        "matcher 0: it is busy",
        Severity::Warning,
        "spangraph.matcher.shards",
    );
    assert_eq!(after(|case| case.actors.actors[1] = busy(0.85)), None);
}

fn busy(busy_share: f64) -> ActorReport {
    let mut report = ActorReport {
        busy_share,
        ..actor(Role::Matcher)
    };
    report.conspicuous = advice::conspicuous(&report);
    report.remedy = Some(advice::remedy(&report, Role::Matcher).to_owned());
    report
}

#[test]
fn a_tenant_whose_ingestion_limit_refused_requests() {
    let found = after(|case| case.tenant.requests_limited = 1).unwrap();
    assert_eq!(found.page, "/tenants/shop%26co");
    assert_found(
        Some(found),
        "shop&co sends more",
        Severity::Bad,
        "ingestion.rate_limit_bytes",
    );
}

#[test]
fn limits_that_are_reached_or_nearly() {
    let found = after(|case| case.tenant.limited = 90);
    assert_found(
        found,
        "nearly reached max_active_series",
        Severity::Warning,
        "Raise max_active_series",
    );
    assert_eq!(after(|case| case.tenant.limited = 89), None);
    let reached = after(|case| case.tenant.updates_limited = 1).unwrap();
    assert_eq!(reached.page, "/cardinality?tenant=shop%26co");
    assert_found(Some(reached), "has reached", Severity::Bad, "dimension");
    let unlimited = after(|case| (case.tenant.limit, case.tenant.limited) = (0, 1_000));
    assert_eq!(unlimited, None);
}

#[test]
fn pending_tables_that_are_full_or_nearly() {
    let found = after(|case| case.tenant.pending_edges = 90);
    assert_found(
        found,
        "nearly full",
        Severity::Warning,
        "service_graphs.max_items",
    );
    assert_eq!(after(|case| case.tenant.pending_edges = 89), None);
    let full = after(|case| case.tenant.halves_dropped = 1);
    assert_found(full, "is full", Severity::Bad, "max_items");
}

#[test]
fn spans_outside_of_the_slack_in_a_large_share() {
    let found = after(|case| case.tenant.spans_outside_slack = 200);
    assert_found(
        found,
        "slack",
        Severity::Bad,
        "metrics_ingestion_time_range_slack",
    );
    assert_eq!(after(|case| case.tenant.spans_outside_slack = 199), None);
    let few = after(|case| (case.tenant.spans, case.tenant.spans_outside_slack) = (49, 49));
    assert_eq!(few, None);
}

#[test]
fn halves_of_which_few_are_paired() {
    let paired =
        |paired, alone| after(|case| (case.tenant.halves_paired, case.tenant.halves_alone) = (paired, alone));
    assert_found(paired(49, 51), "other side", Severity::Warning, "pairing page");
    assert_eq!(paired(50, 50), None);
    assert_eq!(paired(0, 49), None, "too few to tell");
}

#[test]
fn series_that_nobody_takes() {
    let untaken = |case: &mut Case| {
        case.outputs.endpoints.clear();
        case.now.totals.active_series = 1;
    };
    assert_found(after(untaken), "Nobody takes", Severity::Warning, "remote_write");
    let young = |case: &mut Case| {
        untaken(case);
        case.uptime = Duration::from_secs(119);
    };
    assert_eq!(after(young), None);
    let scraped = |case: &mut Case| {
        untaken(case);
        case.outputs.scrapes.count = 1;
    };
    assert_eq!(after(scraped), None);
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

#[test]
fn a_listener_that_lets_in_anybody_is_found_with_the_key_that_closes_it() {
    let found = after(|case| {
        case.open_listeners.push(OpenListener {
            listener: Listener::Grpc,
            address: ([0, 0, 0, 0], 4317).into(),
            address_key: "grpc.endpoint",
            remedy_key: "spangraph.authentication.receivers",
        });
    });
    assert_found(
        found,
        "Everybody who reaches 0.0.0.0:4317",
        Severity::Warning,
        "Fill spangraph.authentication.receivers",
    );
}

#[test]
fn durations_that_cannot_be_of_a_share_of_spans() {
    let many = |case: &mut Case| case.tenant.spans_impossible_duration = 10;
    let found = after(many);
    assert_found(
        found,
        "durations that cannot be",
        Severity::Warning,
        "startTimeUnixNano",
    );
    assert!(after(many).unwrap().detail.contains("no histogram takes them"));
    let observed = after(|case| {
        many(case);
        case.tenant.observes_impossible_durations = true;
    });
    assert!(observed.unwrap().detail.contains("means are wrong"));
    assert_eq!(after(|case| case.tenant.spans_impossible_duration = 9), None);
}
