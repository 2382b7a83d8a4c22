//! A pipeline that does not keep up.

use super::*;
use crate::actors::advice;
use crate::actors::report::ActorReport;

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
