//! The trials of seeds against stores that refuse or fail at some of them.

use std::collections::BTreeSet;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

use super::*;
use crate::batches::ChunkKind;
use crate::writer::lanes::tests::{chunk, numbers};
use crate::writer::waiting::Waiting;

/// Seeds with numbers from 0 on, in parts of these sizes, each of a lane of its own.
fn parts(sizes: &[usize]) -> Vec<Part> {
    let mut first = 0;
    let mut part = |(lane, size): (usize, &usize)| {
        let chunk = chunk(ChunkKind::Seeds, lane, first, &vec![1; *size], 7);
        first += u64::try_from(*size).unwrap();
        Waiting::new(chunk, 0).cut(u64::MAX, true).unwrap()
    };
    sizes.iter().enumerate().map(&mut part).collect()
}

/// What a store made of seeds.
#[derive(Debug, Default)]
struct Outcome {
    taken: BTreeSet<u64>,
    given_up: u64,
    requests: u32,
}

/// Sends all seeds to a store that answers each request as `answer` says for the numbers in it.
fn run(trials: &mut SeedTrials, now: Instant, mut answer: impl FnMut(&[u64]) -> Trying) -> Outcome {
    let mut outcome = Outcome::default();
    while trials.begin(now).is_some() {
        let tried: Vec<_> = trials.waiting[0].parts.iter().flat_map(numbers).collect();
        let trying = answer(&tried);
        if trying == Trying::Taken {
            outcome.taken.extend(tried);
        }
        outcome.given_up += trials.end(trying, now).seeds;
        outcome.requests += 1;
    }
    outcome
}

fn to_store(sizes: &[usize], bad: &BTreeSet<u64>, trying: Trying) -> Outcome {
    run(&mut SeedTrials::new(parts(sizes)), Instant::now(), |tried| {
        let is_bad = tried.iter().any(|number| bad.contains(number));
        if is_bad { trying } else { Trying::Taken }
    })
}

fn all_but(sizes: &[usize], bad: &BTreeSet<u64>) -> BTreeSet<u64> {
    let all = u64::try_from(sizes.iter().sum::<usize>()).unwrap();
    (0..all).filter(|number| !bad.contains(number)).collect()
}

#[test]
fn seeds_that_are_taken_go_in_one_request() {
    let outcome = to_store(&[3, 4], &BTreeSet::new(), Trying::Failed);
    assert_eq!(
        (outcome.taken.len(), outcome.given_up, outcome.requests),
        (7, 0, 1)
    );
}

#[test]
fn the_seeds_of_one_label_set_take_no_other_with_them() {
    let (sizes, bad) = ([250; 8], (1_015..1_038).collect());
    for trying in [Trying::Refused, Trying::Failed] {
        let outcome = to_store(&sizes, &bad, trying);
        assert_eq!(outcome.taken, all_but(&sizes, &bad), "{trying:?}");
        assert_eq!(outcome.given_up, 23);
        assert!(outcome.requests < 100, "{outcome:?}");
    }
}

#[test]
fn a_store_that_fails_at_everything_is_asked_a_few_times() {
    for (trying, requests) in [
        (Trying::Failed, 6),
        (Trying::Paused, 3),
        (Trying::TimedOut, 2),
        (Trying::RefusedAll, 1),
    ] {
        let outcome = run(&mut SeedTrials::new(parts(&[250; 8])), Instant::now(), |_| trying);
        assert_eq!(
            (outcome.given_up, outcome.requests),
            (2_000, requests),
            "{trying:?}"
        );
    }
}

#[test]
fn a_store_that_refuses_everything_gets_a_bounded_number_of_requests() {
    let outcome = run(&mut SeedTrials::new(parts(&[250; 8])), Instant::now(), |_| {
        Trying::Refused
    });
    assert_eq!((outcome.given_up, outcome.requests), (2_000, MOST_REQUESTS));
}

#[test]
fn a_seed_that_is_alone_is_tried_again_when_the_store_failed_but_not_when_it_refused() {
    for (trying, requests) in [(Trying::Failed, 3), (Trying::Refused, 1)] {
        let mut trials = SeedTrials::new(parts(&[1]));
        let outcome = run(&mut trials, Instant::now(), |_| trying);
        assert_eq!((outcome.given_up, outcome.requests), (1, requests));
        assert!(
            !trials.is_endpoint_failing(Instant::now()),
            "the seed may be the cause"
        );
    }
}

#[test]
fn patience_ends_and_what_is_left_is_given_up() {
    let (mut trials, now) = (SeedTrials::new(parts(&[4])), Instant::now());
    assert_eq!(trials.begin(now).unwrap().patience, PATIENCE);
    assert!(trials.end(Trying::Failed, now).is_empty());
    let later = now + PATIENCE - Duration::from_secs(1);
    assert_eq!(trials.begin(later).unwrap().patience, Duration::from_secs(1));
    assert_eq!(
        trials.end(Trying::Taken, now + PATIENCE).seeds,
        2,
        "the other half"
    );
    assert!(trials.begin(now).is_none());
}

#[test]
fn what_never_reached_the_store_costs_no_patience() {
    let (mut trials, mut now) = (SeedTrials::new(parts(&[4])), Instant::now());
    for _ in 0..1_000 {
        assert_eq!(trials.begin(now).unwrap().patience, PATIENCE);
        now += PATIENCE;
        assert!(trials.end(Trying::Unreached, now).is_empty());
    }
    assert_eq!(run(&mut trials, now, |_| Trying::Taken).taken.len(), 4);
}

#[test]
fn a_pause_that_the_store_asks_for_costs_no_patience_but_there_are_few() {
    let (mut trials, now) = (SeedTrials::new(parts(&[4])), Instant::now());
    trials.begin(now).unwrap();
    assert!(trials.end(Trying::Paused, now).is_empty());
    let later = now + 60 * PATIENCE;
    assert_eq!(trials.begin(later).unwrap().patience, PATIENCE);
    assert!(trials.end(Trying::Paused, later).is_empty());
    assert!(!trials.is_endpoint_failing(later));
    assert_eq!(trials.end(Trying::Paused, later).seeds, 4);
    assert!(trials.is_endpoint_failing(later));
}

#[test]
fn lanes_are_free_once_their_seeds_are_decided() {
    let (mut trials, now) = (SeedTrials::new(parts(&[2, 2])), Instant::now());
    assert_eq!(trials.lanes(), 0b11);
    trials.end(Trying::Refused, now);
    trials.end(Trying::Taken, now);
    assert_eq!(trials.lanes(), 0b10);
    assert_eq!(trials.drop_older_than(7), Counts::default());
    assert_eq!(trials.drop_older_than(8).seeds, 2);
    assert_eq!(trials.lanes(), 0);
}

proptest! {
    #[test]
    fn every_seed_is_taken_but_those_that_the_store_does_not_take(
        sizes in vec(1usize..80, 1..6), bad in btree_set(0u64..400, 0..=2), fails in any::<bool>(),
    ) {
        let trying = if fails { Trying::Failed } else { Trying::Refused };
        let outcome = to_store(&sizes, &bad, trying);
        let good = all_but(&sizes, &bad);
        prop_assert_eq!(outcome.given_up, u64::try_from(sizes.iter().sum::<usize>() - good.len()).unwrap());
        prop_assert_eq!(outcome.taken, good);
    }

    #[test]
    fn whatever_a_store_answers_it_is_enough_some_time(
        sizes in vec(1usize..80, 1..6),
        answers in vec(prop::sample::select(vec![
            Trying::Taken, Trying::Refused, Trying::Failed, Trying::TimedOut, Trying::Paused, Trying::RefusedAll,
        ]), 1..20),
    ) {
        let mut answers = answers.iter().cycle();
        let mut trials = SeedTrials::new(parts(&sizes));
        let outcome = run(&mut trials, Instant::now(), |_| *answers.next().unwrap());
        prop_assert!(outcome.requests <= MOST_REQUESTS);
        let all = u64::try_from(sizes.iter().sum::<usize>()).unwrap();
        prop_assert_eq!(u64::try_from(outcome.taken.len()).unwrap() + outcome.given_up, all);
    }
}
