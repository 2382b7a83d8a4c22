//! Who waits for a cut gets the next one, and cuts do not come faster than the disk is to be asked.

use futures_util::FutureExt as _;
use futures_util::future::join_all;

use super::*;

fn series() -> DurableSeries {
    DurableSeries { tenants: Vec::new() }
}

fn milliseconds(count: u64) -> Duration {
    Duration::from_millis(count)
}

#[actix_rt::test]
async fn all_who_wait_share_the_next_cut_and_it_is_gone_with_the_last_of_them() {
    let (scrapes, now) = (ScrapeCuts::default(), Instant::now());
    let mut waiting = Box::pin(join_all((0..20).map(|_| scrapes.series())));
    assert!(waiting.as_mut().now_or_never().is_none());
    assert!(scrapes.want_one(now));
    scrapes.hand_out(series(), now, now);
    let handed: Vec<_> = waiting.await.into_iter().map(Result::unwrap).collect();
    assert!(handed.iter().all(|each| Arc::ptr_eq(each, &handed[0])));
    let last = Arc::downgrade(&handed[0]);
    drop(handed);
    assert!(last.upgrade().is_none());
    assert!(!scrapes.want_one(now + 2 * LEAST_APART), "nobody waits");
}

#[actix_rt::test]
async fn a_cut_that_somebody_holds_is_shared_while_it_is_young() {
    let (scrapes, now) = (ScrapeCuts::default(), Instant::now());
    let mut waiting = Box::pin(scrapes.series());
    assert!(waiting.as_mut().now_or_never().is_none());
    scrapes.hand_out(series(), now, now);
    let held = waiting.await.unwrap();
    let shared = scrapes.series().now_or_never().expect("there is one").unwrap();
    assert!(Arc::ptr_eq(&held, &shared));
    let entered = scrapes.locked(|waiting| waiting.enter(now + LEAST_APART));
    assert!(matches!(entered, Entered::Waits(_)), "it is old");
    drop((held, shared));
    assert!(scrapes.series().now_or_never().is_none(), "it is gone");
}

#[test]
fn a_scrape_that_goes_away_wants_no_cut() {
    let (mut waiting, now) = (Waiting::default(), Instant::now());
    let entered = waiting.enter(now);
    assert!(waiting.want_one(now));
    drop(entered);
    assert!(!waiting.want_one(now));
}

/// How many cuts there are in a minute of ten scrapes a second, when each takes so long until it is on the disk.
fn cuts_in_a_minute(took: Duration) -> u32 {
    let (mut waiting, begun) = (Waiting::default(), Instant::now());
    let (mut now, mut cuts, mut scrapes) = (begun, 0, Vec::new());
    while now < begun + milliseconds(60_000) {
        scrapes.push(waiting.enter(now));
        if waiting.want_one(now) {
            waiting.hand_out(&Arc::new(series()), now, now + took);
            (cuts, now) = (cuts + 1, now + took);
            scrapes.clear();
        }
        now += milliseconds(100);
    }
    cuts
}

#[test]
fn many_scrapes_make_one_cut_a_second_and_leave_a_slow_disk_half_of_its_time() {
    for (took, cuts) in [(20, 55..=60), (500, 50..=60), (3_000, 9..=10)] {
        let made = cuts_in_a_minute(milliseconds(took));
        assert!(cuts.contains(&made), "{made} of {took} ms");
    }
}

#[actix_rt::test]
async fn a_disk_that_fails_is_told_at_once_and_for_a_second_to_all_who_come() {
    let (scrapes, now) = (ScrapeCuts::default(), Instant::now());
    let mut waiting = Box::pin(scrapes.series());
    assert!(waiting.as_mut().now_or_never().is_none());
    scrapes.fail("no space left on device", now, now);
    let failed = waiting.await.unwrap_err();
    assert_eq!(failed.to_string(), "no space left on device");
    let enter = |after| scrapes.locked(|waiting| waiting.enter(now + milliseconds(after)));
    let Entered::Answered(Err(told)) = enter(999) else {
        panic!("it waits")
    };
    assert_eq!(told, failed);
    let entered = enter(1_000);
    assert!(matches!(entered, Entered::Waits(_)));
    assert!(scrapes.want_one(now + milliseconds(1_000)));
    scrapes.hand_out(series(), now, now);
    assert!(matches!(enter(1_000), Entered::Waits(_)), "it is told no more");
}

#[test]
fn a_cut_that_cannot_be_made_is_tried_again_and_in_the_end_told() {
    let (scrapes, now) = (ScrapeCuts::default(), Instant::now());
    let entered = scrapes.locked(|waiting| waiting.enter(now));
    let give_up = || scrapes.locked(|waiting| waiting.give_up(now));
    assert_eq!(give_up(), NoDurableCut::TooLate);
    scrapes.note_missed(NoCut::Unsettled, now);
    assert!(!scrapes.want_one(now + milliseconds(200)));
    assert!(scrapes.want_one(now + AFTER_MISSED));
    let told = give_up().to_string();
    let others = scrapes.locked(|waiting| waiting.enter(now));
    assert!(
        matches!(others, Entered::Answered(Err(_))),
        "nobody waits in vain behind it"
    );
    assert_eq!(
        told,
        "no cut was made in time: requests in flight were not applied in time"
    );
    drop(entered);
}

#[actix_rt::test]
async fn after_the_last_epoch_nobody_waits() {
    let scrapes = ScrapeCuts::default();
    let mut waiting = Box::pin(scrapes.series());
    assert!(waiting.as_mut().now_or_never().is_none());
    scrapes.close();
    assert_eq!(waiting.await.unwrap_err(), NoDurableCut::ShuttingDown);
    assert_eq!(scrapes.series().await.unwrap_err(), NoDurableCut::ShuttingDown);
}
