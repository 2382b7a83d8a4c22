//! Requests are cut against a naive store that fails at, or refuses, some series.

mod naive;

use std::collections::BTreeSet;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

use super::super::tests::limits;
use super::*;
use crate::batches::ChunkKind;
use naive::{OTHER, Says, Sender, Store, chunk, collection, store};

#[test]
fn one_series_among_many_in_one_request_is_found_and_the_others_arrive() {
    for says in [Says::Failed, Says::Never] {
        let mut sender = Sender::new(store([77], says), 50, 10_000);
        sender.queue.enqueue(&collection(1_000, 1, false));
        sender.run_to_the_end(|_| 0);
        assert_eq!(sender.dropped, [(77, 1)], "{says:?}");
        sender.store.arrived.remove(&OTHER);
        assert_eq!(sender.store.arrived.len(), 999, "{says:?}");
        assert!(sender.requests < 80, "{says:?}: {} requests", sender.requests);
    }
}

#[test]
fn a_series_that_was_found_once_travels_alone_until_it_is_taken() {
    let mut sender = Sender::new(store([77], Says::Failed), 50, 10_000);
    sender.queue.enqueue(&collection(1_000, 1, false));
    sender.run_to_the_end(|_| 0);
    for number in 2..4 {
        let before = sender.requests;
        sender.queue.enqueue(&collection(1_000, number, false));
        sender.run_to_the_end(|_| 0);
        assert!((2..20).contains(&(sender.requests - before)));
    }
    assert_eq!(sender.dropped, [(77, 1), (77, 2), (77, 3)]);
    sender.store.bad_series.clear();
    for (number, requests) in [(4, 2), (5, 1)] {
        let before = sender.requests;
        sender.queue.enqueue(&collection(1_000, number, false));
        sender.run_to_the_end(|_| 0);
        assert_eq!(sender.requests - before, requests);
    }
    assert_eq!(sender.store.arrived[&77], [4, 5]);
}

#[test]
fn a_store_that_is_down_loses_nothing_however_long_it_takes() {
    let mut sender = Sender::new(store([], Says::Failed), 50, 100);
    sender.store.outage = 3_000;
    sender.queue.enqueue(&collection(1_000, 1, false));
    sender.run_to_the_end(|_| 0);
    sender.store.arrived.remove(&OTHER);
    assert_eq!((sender.dropped.len(), sender.store.arrived.len()), (0, 1_000));
}

/// Ten collections, each sent when nothing is left of the one before, to a store that fails at random beside `bad_series`.
fn sent_at_random(fails_percent: u32, seed: u64, bad_series: &[usize]) -> Sender {
    let store = Store {
        fails_percent,
        random: fastrand::Rng::with_seed(seed),
        ..store(bad_series.iter().copied(), Says::Failed)
    };
    let mut sender = Sender::new(store, 10, 100);
    for number in 1..=10 {
        sender.queue.enqueue(&collection(1_000, number, false));
        sender.run_to_the_end(|_| 0);
    }
    sender
}

#[test]
fn a_store_that_fails_at_random_loses_nothing_and_gets_few_requests_more() {
    for fails_percent in [10, 40, 60, 75, 85, 95] {
        for seed in 0..5 {
            let sender = sent_at_random(fails_percent, seed, &[]);
            assert_eq!(sender.dropped, [], "{fails_percent} % with seed {seed}");
            // A hundred requests, and those of the other traffic, until each is taken.
            let taken = sender.requests * (100 - usize::try_from(fails_percent).unwrap()) / 100;
            assert!(taken < 1_500, "{fails_percent} %: {} requests", sender.requests);
        }
    }
}

#[test]
fn what_a_store_fails_at_is_found_though_it_fails_at_random_too() {
    for seed in 0..5 {
        let sender = sent_at_random(30, seed, &[7, 500]);
        let expected: BTreeSet<_> = (1..=10).flat_map(|number| [(7, number), (500, number)]).collect();
        assert_eq!(BTreeSet::from_iter(sender.dropped), expected);
    }
}

#[test]
fn series_that_are_bad_in_every_request_keep_no_other_back() {
    let bad: Vec<_> = (0..1_000).filter(|series| series % 20 < 2).collect();
    let mut sender = Sender::new(store(bad.iter().copied(), Says::Failed), 10, 100);
    sender.queue.enqueue(&collection(1_000, 1, false));
    sender.run_to_the_end(|_| 0);
    sender.dropped.sort_unstable();
    assert_eq!(
        sender.dropped,
        bad.iter().map(|series| (*series, 1)).collect::<Vec<_>>()
    );
    sender.store.arrived.remove(&OTHER);
    assert_eq!(sender.store.arrived.len(), 900);
}

#[test]
fn an_outage_that_begins_while_pieces_are_sent_loses_nothing() {
    let mut sender = Sender::new(store([], Says::Failed), 10, 10_000);
    for number in 1..=100 {
        sender.queue.enqueue(&collection(100, number, false));
        sender.run_to_the_end(|_| 0);
    }
    sender.queue.enqueue(&collection(100, 101, false));
    // Three failures, one piece that is taken, and then an outage.
    sender.store.outage = 3;
    let arrived = |sender: &Sender| sender.store.arrived.values().any(|own| own.last() == Some(&101));
    while !arrived(&sender) {
        sender.wake();
        while let Some(request) = sender.queue.take() {
            sender.under_way.push(request);
        }
        let request = sender.under_way.remove(0);
        sender.answer(request);
    }
    sender.store.outage = 3_000;
    for _ in 0..100 {
        sender.run(&mut |_| 0);
        sender.wake();
    }
    assert_eq!(sender.dropped, []);
}

#[test]
fn a_series_that_is_healed_loses_nothing_to_a_store_that_fails_at_random() {
    for fails_percent in [30, 60, 85] {
        let mut sender = Sender::new(store([7], Says::Failed), 10, 100);
        for number in 1..=200 {
            if number == 5 {
                sender.store.bad_series.clear();
                sender.store.fails_percent = fails_percent;
                sender.dropped.clear();
            }
            sender.queue.enqueue(&collection(1_000, number, false));
            sender.run_to_the_end(|_| 0);
        }
        assert_eq!(sender.dropped, [], "{fails_percent} %");
    }
}

#[test]
fn histograms_outlive_an_overload_answered_with_503() {
    let limits = limits(1_000_000, 10, 100).for_histograms();
    let mut queue = LaneQueue::new(limits);
    queue.enqueue(&vec![chunk(1, ChunkKind::NativeHistograms, &[1], 1)].into());
    let mut request = queue.take().unwrap();
    let next: Vec<_> = (0..20).map(|_| queue.failed_by_itself(&mut request)).collect();
    assert!(next.iter().all(|next| *next == Next::Again), "{next:?}");
}

#[test]
fn a_store_that_refuses_everything_gets_few_requests_more() {
    let mut sender = Sender::new(store(0..1_000, Says::Never), 50, 10_000);
    sender.queue.enqueue(&collection(1_000, 1, false));
    sender.run_to_the_end(|_| 0);
    assert_eq!(sender.dropped.len(), 1_000);
    assert!(sender.requests < 60, "{} requests", sender.requests);
}

proptest! {
    #[test]
    fn everything_that_the_store_takes_arrives_once_and_in_order(
        bad_series in btree_set(0_usize..20, 0..3), bad_samples in btree_set((0_usize..20, 1_i64..6), 0..4),
        never in any::<bool>(), outage in 0_usize..40, series in 3_usize..20, collections in 1_i64..6,
        requests in 1_usize..5, per_request in 1_u64..60, with_exemplars in any::<bool>(),
        picks in vec(0_usize..97, 1..20),
    ) {
        let says = if never { Says::Never } else { Says::Failed };
        // Finding each of 16 samples to be refused takes 31 refusals in a row, and after 32 the rest is given up.
        let per_request = if never { per_request.min(16) } else { per_request };
        let store = Store { bad_samples, outage, ..store(bad_series, says) };
        let mut sender = Sender::new(store, requests, per_request);
        for number in 1..=collections {
            sender.queue.enqueue(&collection(series, number, with_exemplars));
        }
        let mut turn = 0;
        sender.run_to_the_end(|among| {
            turn += 1;
            picks[turn % picks.len()] % among
        });
        let times = if with_exemplars { 2 } else { 1 };
        let all = (0..series).flat_map(|series| (1..=collections).map(move |number| (series, number)));
        let (bad, good): (Vec<_>, Vec<_>) = all.partition(|sample| sender.store.is_bad(sample));
        let mut dropped = sender.dropped.clone();
        dropped.sort_unstable();
        let expected: Vec<_> = bad.iter().flat_map(|sample| vec![*sample; times]).collect();
        prop_assert_eq!(dropped, expected);
        for number in 0..series {
            let own = good.iter().filter(|(series, _)| *series == number);
            let expected: Vec<_> = own.flat_map(|(_, collection)| vec![*collection; times]).collect();
            prop_assert_eq!(sender.store.arrived.get(&number).cloned().unwrap_or_default(), expected);
        }
        let totals = sender.queue.totals();
        prop_assert_eq!(totals.failed.total(), sender.dropped.len() as u64);
        prop_assert_eq!(totals.enqueued.total(), totals.failed.total() + totals.sent.total());
        prop_assert!(sender.queue.under_way().is_empty() && sender.queue.queued().is_empty());
    }
}
