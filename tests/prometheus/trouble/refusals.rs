//! Samples that a real Prometheus refuses, each for a reason of its own.

use std::collections::BTreeMap;
use std::thread;

use super::{Stand, TROUBLE};
use crate::harness::store_proxy::Trouble;

/// What a real Prometheus does with the troubled service's samples.
struct Refused {
    window: &'static str,
    trouble: Trouble,
    words: &'static str,
    status: u16,
}

/// A sample of the future is no case: this version takes it, and then every other one is out of bounds.
const REFUSED: [Refused; 4] = [
    Refused {
        window: "0s",
        trouble: Trouble::Rival { later: 500 },
        words: "out of order sample",
        status: 400,
    },
    Refused {
        window: "0s",
        trouble: Trouble::Rival { later: 0 },
        words: "duplicate sample for timestamp",
        status: 400,
    },
    Refused {
        window: "1s",
        trouble: Trouble::Rival { later: 5_000 },
        words: "too old sample",
        status: 500,
    },
    Refused {
        window: "0s",
        trouble: Trouble::Late { older: 7_200_000 },
        words: "out of bounds",
        status: 400,
    },
];

fn refuses(refused: &Refused) {
    let mut stand = Stand::start(refused.window);
    stand.proxy.make(refused.trouble);
    stand.call_for(TROUBLE);
    stand.check_healthy();
    let lost = stand.check_lost(refused.status);
    assert!(lost.len() >= 3, "{}: only {lost:?} were refused", refused.words);
    let passages = stand.proxy.passages();
    let mut alone: BTreeMap<i64, usize> = BTreeMap::new();
    for passage in passages.iter().filter(|passage| !passage.is_taken()) {
        assert!(passage.words.contains(refused.words), "{passage:?}");
        if let [(_, sample)] = &passage.samples[..] {
            *alone.entry(sample.timestamp).or_default() += 1;
        }
    }
    assert!(
        lost.iter().all(|time| alone.get(time) == Some(&1)),
        "{}: sent again: {alone:?}",
        refused.words
    );
}

#[test]
fn samples_that_prometheus_refuses_are_lost_alone_and_not_sent_again() {
    thread::scope(|scope| {
        for refused in &REFUSED {
            scope.spawn(move || refuses(refused));
        }
    });
}
