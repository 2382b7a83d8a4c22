//! Random halves against a naive model, and that each is in one place.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

/// The pairing rules said in the plainest way, without filters, peers or a bound.
fn model(written: &[Written]) -> (Vec<(String, String)>, usize) {
    let mut waiting: HashMap<(u8, u8), (&str, &str)> = HashMap::new();
    let mut edges = Vec::new();
    for half in written {
        let edge = waiting.entry((half.trace, half.call)).or_default();
        match half.kind.side() {
            Side::Client => edge.0 = half.service,
            Side::Server => edge.1 = half.service,
        }
        if !edge.0.is_empty() && !edge.1.is_empty() {
            edges.push((edge.0.to_owned(), edge.1.to_owned()));
            waiting.remove(&(half.trace, half.call));
        }
    }
    (edges, waiting.len())
}

fn any_half() -> impl Strategy<Value = Written> {
    let kind = prop::sample::select(EdgeKind::ALL.to_vec());
    let service = prop::sample::select(vec!["", "a", "b", "c"]);
    (0..4_u8, 1..4_u8, kind, service, any::<bool>()).prop_map(|(trace, call, kind, service, failed)| {
        Written {
            failed,
            ..half(trace, call, kind, service)
        }
    })
}

proptest! {
    #[test]
    fn pairing_agrees_with_the_model_however_batches_are_cut(written in prop::collection::vec(any_half(), 0..60), size in 1..20_usize) {
        let mut pairing = pairing(1_000);
        let now = START;
        let mut found = Vec::new();
        let mut paired = 0;
        for part in written.chunks(size) {
            pairing.apply(&batch(part), now);
            let (edges, outcomes) = taken(&mut pairing);
            paired += outcomes.paired;
            found.extend(names(&edges).iter().map(|(client, server, _)| ((*client).to_owned(), (*server).to_owned())));
        }
        let (expected, waiting) = model(&written);
        prop_assert_eq!(found, expected);
        prop_assert_eq!(pairing.pending_edges(), waiting);
        prop_assert!(paired <= u64::try_from(written.len()).unwrap());
    }

    #[test]
    fn every_half_is_in_exactly_one_place(written in prop::collection::vec((any_half(), any::<bool>()), 0..80), most in 0..6_usize) {
        let written: Vec<_> = written.into_iter().map(|(half, filtered)| Written { filtered, ..half }).collect();
        let mut pairing = pairing(most);
        let mut now = START;
        let (mut accounted, mut pending) = (0_u64, 0_i64);
        for part in written.chunks(5) {
            pairing.apply(&batch(part), now);
            now = now + Duration::from_millis(700);
            let (_, outcomes) = taken(&mut pairing);
            accounted += outcomes.paired + outcomes.virtual_node + outcomes.expired + outcomes.dropped_full + outcomes.dropped_filtered;
            pending += outcomes.pending_change();
        }
        prop_assert_eq!(i64::try_from(accounted).unwrap() + pending, i64::try_from(written.len()).unwrap());
        prop_assert!(pairing.pending_edges() <= most + 1);
    }
}
