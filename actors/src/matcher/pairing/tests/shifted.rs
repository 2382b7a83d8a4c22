//! A clock that is shifted: nothing is given up early, and nothing late.

use super::ledger::{by_name, milliseconds};
use super::*;

const HOUR: i64 = 3_600_000;

#[test]
fn what_waits_goes_on_waiting_for_what_was_left() {
    for by in [HOUR, -HOUR].map(TimeShift::from_milliseconds) {
        let mut pairing = pairing(10);
        let noisy = Written {
            filtered: true,
            ..half(2, 1, EdgeKind::Client, "shop")
        };
        pairing.apply(&batch(&[half(1, 1, EdgeKind::Client, "shop"), noisy]), START);
        pairing.shift(by);
        pairing.expire(START + milliseconds(1_999) + by);
        assert_eq!(
            (pairing.pending_edges(), pairing.budgets.markers.taken()),
            (1, 1),
            "{by:?}"
        );
        pairing.expire(START + milliseconds(2_000) + by);
        assert_eq!((pairing.pending_edges(), pairing.budgets.markers.taken()), (0, 0));
    }
}

#[test]
fn gaps_and_lateness_are_told_as_they_were() {
    for by in [HOUR, -HOUR].map(TimeShift::from_milliseconds) {
        let mut pairing = pairing(10);
        pairing.apply(&batch(&[half(1, 1, EdgeKind::Client, "shop")]), START);
        pairing.apply(
            &batch(&[half(2, 1, EdgeKind::Client, "shop")]),
            START + milliseconds(1_500),
        );
        pairing.expire(START + milliseconds(2_000));
        pairing.shift(by);
        let late = [
            half(1, 1, EdgeKind::Server, "cart"),
            half(2, 1, EdgeKind::Server, "cart"),
        ];
        let now = START + milliseconds(2_400) + by;
        pairing.apply(&batch(&late), now);
        let told = pairing.describe(now).since_start;
        assert_eq!(by_name(&told)["cart"].server.late, 1);
        assert_eq!(told.lateness.quantile_at_most(1.0), Some(milliseconds(512)));
        assert_eq!(told.gaps.quantile_at_most(1.0), Some(milliseconds(1_024)));
    }
}
