//! Answers that ask for a pause, and answers that tell of a failure.

use std::thread;
use std::time::{Duration, Instant};

use super::{Stand, TROUBLE, lost_to};
use crate::harness::store_proxy::Trouble;
use crate::harness::until;
use crate::harness::until::check;

fn pauses(status: u16) {
    const SECONDS: u64 = 3;
    let mut stand = Stand::start("0s");
    stand.proxy.make(Trouble::Busy {
        status,
        seconds: SECONDS,
    });
    stand.call_for(TROUBLE);
    stand.check_healthy();
    let passages = stand.proxy.passages();
    let busy: Vec<Instant> = passages
        .iter()
        .filter(|passage| passage.status == status)
        .map(|passage| passage.at)
        .collect();
    assert_eq!(busy.len(), 1, "{passages:?}");
    // What was under way when the answer came cannot be called back.
    let pause = Duration::from_millis(300)..Duration::from_secs(SECONDS);
    let within = passages
        .iter()
        .find(|passage| pause.contains(&passage.at.saturating_duration_since(busy[0])));
    assert!(within.is_none(), "{status}: {within:?} came within the pause");
    let counted =
        ["pauses_total", "samples_failed_total", "samples_dropped_total"].map(|name| stand.own(name, &[]));
    assert_eq!(counted, [1.0, 0.0, 0.0], "{status}");
}

#[test]
fn an_endpoint_that_asks_for_a_pause_gets_one_and_then_every_sample() {
    thread::scope(|scope| {
        for status in [429, 503] {
            scope.spawn(move || pauses(status));
        }
    });
}

#[test]
fn a_series_that_the_endpoint_fails_at_is_lost_alone() {
    let mut stand = Stand::start("0s");
    stand.proxy.make(Trouble::Failing(500));
    until("two samples are given up", Duration::from_secs(90), || {
        stand.call_all();
        let failed = stand.own("samples_failed_total", &[("reason", "http_500")]);
        check(failed >= 2.0, || format!("{failed} are"))
    });
    // The others arrive while the one fails.
    stand.check_healthy();
    assert!(stand.own("requests_cut_total", &[]) > 0.0);
    stand.proxy.make(Trouble::None);
    stand.call_all();
    stand.check_healthy();
    stand.check_lost(500);
    stand.check_troubled_goes_on();
}

#[test]
fn an_endpoint_that_fails_by_itself_gets_every_sample_once_it_is_back() {
    thread::scope(|scope| {
        for status in [502, 503, 504] {
            scope.spawn(move || {
                let mut stand = Stand::start("0s");
                stand.proxy.make(Trouble::Failing(status));
                stand.call_for(TROUBLE);
                assert!(!lost_to(&stand.proxy.passages(), status).is_empty(), "{status}");
                stand.proxy.make(Trouble::None);
                stand.check_healthy();
                stand.check_troubled_goes_on();
                stand.check_nothing_lost();
            });
        }
    });
}
