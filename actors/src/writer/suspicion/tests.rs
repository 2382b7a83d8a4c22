//! Whole requests and pieces that fail, beside others that succeed or do not.

use super::*;

const FOR_EVER: Retries = Retries {
    most: None,
    most_at_content: None,
    probes: true,
};

/// Lets a request fail `times` times; what is to be done after the last.
fn fails(suspicion: &mut Suspicion, trial: &mut Trial, is_one: bool, times: u32) -> Next {
    let mut next = Next::Again;
    (0..times).for_each(|_| next = suspicion.failed(trial, is_one, FOR_EVER));
    next
}

/// Knows a store that takes what it is sent.
fn of_a_good_store() -> Suspicion {
    let mut suspicion = Suspicion::default();
    (0..100).for_each(|number| suspicion.succeeded(&suspicion.whole(number)));
    suspicion
}

#[test]
fn a_request_is_cut_once_it_failed_thrice_while_another_succeeded() {
    let mut suspicion = of_a_good_store();
    let (mut bad, good) = (suspicion.whole(1), suspicion.whole(2));
    assert_eq!(fails(&mut suspicion, &mut bad, false, 2), Next::Again);
    suspicion.succeeded(&good);
    assert_eq!(fails(&mut suspicion, &mut bad, false, 1), Next::Cut);
}

#[test]
fn while_nothing_succeeds_one_request_after_the_other_is_cut_and_nothing_dropped() {
    let mut suspicion = Suspicion::default();
    let (mut first, mut second) = (suspicion.whole(1), suspicion.whole(2));
    assert_eq!(fails(&mut suspicion, &mut first, false, 3), Next::Probe);
    suspicion.was_cut(&first);
    assert_eq!(fails(&mut suspicion, &mut second, false, 99), Next::Again);
    let (mut left, mut right) = (Suspicion::piece_of(&first), Suspicion::piece_of(&first));
    assert_eq!(fails(&mut suspicion, &mut left, false, 1), Next::Probe);
    suspicion.was_cut(&left);
    assert_eq!(fails(&mut suspicion, &mut right, false, 99), Next::Again);
    let mut one = Suspicion::piece_of(&left);
    assert_eq!(fails(&mut suspicion, &mut one, true, 99), Next::Again);
    assert_eq!(fails(&mut suspicion, &mut second, false, 1), Next::Probe);
}

#[test]
fn a_series_is_dropped_once_it_failed_often_alone_while_others_succeed() {
    let mut suspicion = of_a_good_store();
    let (mut bad, good) = (suspicion.whole(1), suspicion.whole(2));
    fails(&mut suspicion, &mut bad, false, 6);
    let mut alone = Suspicion::piece_of(&bad);
    suspicion.succeeded(&good);
    assert_eq!(fails(&mut suspicion, &mut alone, true, 1), Next::Soon);
    assert_eq!(fails(&mut suspicion, &mut alone, true, 99), Next::Again);
    suspicion.succeeded(&good);
    assert_eq!(fails(&mut suspicion, &mut alone, true, 1), Next::Convict);
}

#[test]
fn a_failure_that_nobody_was_suspected_of_makes_earlier_successes_void() {
    let mut suspicion = of_a_good_store();
    let (mut bad, good) = (suspicion.whole(1), suspicion.whole(2));
    fails(&mut suspicion, &mut bad, false, 9);
    let mut alone = Suspicion::piece_of(&bad);
    for _ in 0..9 {
        suspicion.succeeded(&good);
        suspicion.troubled();
        assert_ne!(fails(&mut suspicion, &mut alone, true, 1), Next::Convict);
    }
    suspicion.succeeded(&good);
    assert_eq!(fails(&mut suspicion, &mut alone, true, 1), Next::Convict);
}

#[test]
fn a_failure_of_the_store_itself_cuts_nothing_and_ends_by_the_bound_alone() {
    let mut suspicion = of_a_good_store();
    let good = suspicion.whole(2);
    let mut whole = suspicion.whole(1);
    for _ in 0..99 {
        suspicion.succeeded(&good);
        assert_eq!(suspicion.failed_by_itself(&mut whole, FOR_EVER), Next::Again);
    }
    let bounded = Retries {
        most: Some(99),
        ..FOR_EVER
    };
    assert_eq!(suspicion.failed_by_itself(&mut whole, bounded), Next::Drop);
}

#[test]
fn a_known_bad_series_gets_one_attempt_while_others_succeed() {
    let mut suspicion = Suspicion::default();
    let (mut bad, good) = (suspicion.known_bad(1), suspicion.whole(2));
    assert_eq!(fails(&mut suspicion, &mut bad, true, 9), Next::Again);
    suspicion.succeeded(&good);
    assert_eq!(fails(&mut suspicion, &mut bad, true, 1), Next::Convict);
}

#[test]
fn a_bound_on_retries_holds_although_nothing_succeeds() {
    let mut suspicion = Suspicion::default();
    let retries = Retries {
        most: Some(2),
        most_at_content: Some(2),
        probes: false,
    };
    let mut whole = suspicion.whole(1);
    let next: Vec<_> = (0..3)
        .map(|_| suspicion.failed(&mut whole, false, retries))
        .collect();
    assert_eq!(next, [Next::Again, Next::Again, Next::Drop]);
}

#[test]
fn a_request_that_is_refused_all_through_is_given_up_after_some_pieces() {
    let mut suspicion = Suspicion::default();
    let trial = suspicion.whole(1);
    let in_a_row = (0..99).take_while(|_| suspicion.refused(&trial, false) == Next::Cut);
    assert_eq!(in_a_row.count(), 32);
    suspicion.succeeded(&trial);
    assert_eq!(suspicion.refused(&trial, false), Next::Cut);
    assert_eq!(suspicion.refused(&trial, true), Next::Drop);
}

#[test]
fn a_success_from_before_an_outage_convicts_nothing() {
    let mut suspicion = of_a_good_store();
    let mut whole = suspicion.whole(1);
    fails(&mut suspicion, &mut whole, false, 3);
    suspicion.was_cut(&whole);
    let (left, mut right) = (Suspicion::piece_of(&whole), Suspicion::piece_of(&whole));
    suspicion.succeeded(&left);
    let next = (1..100).find(|_| suspicion.failed(&mut right, true, FOR_EVER) == Next::Convict);
    assert_eq!(
        next, None,
        "convicted after so many failures with no success in between"
    );
}

#[test]
fn a_request_that_is_all_there_is_gets_cut_though_the_store_took_nothing_at_first() {
    let mut suspicion = Suspicion::default();
    for number in 0..10 {
        suspicion.failed(&mut suspicion.whole(number), false, FOR_EVER);
    }
    let (mut bad, mut other) = (suspicion.whole(11), suspicion.whole(12));
    fails(&mut suspicion, &mut other, false, 3);
    fails(&mut suspicion, &mut bad, false, 3);
    suspicion.succeeded(&other);
    let cut = (1..100).find(|_| suspicion.failed(&mut bad, false, FOR_EVER) == Next::Cut);
    assert!(cut.is_some());
}
