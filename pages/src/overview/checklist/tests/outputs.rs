//! Series that do not arrive.

use super::*;
use crate::outputs::report::LastErrorReport;

fn error(likely_fix: Option<&str>) -> LastErrorReport {
    LastErrorReport {
        message: "404: Not Found".to_owned(),
        unix_milliseconds: 1,
        likely_fix: likely_fix.map(str::to_owned),
    }
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
