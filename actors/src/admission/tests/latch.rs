//! The latch: who waits at the door, what they keep, and what becomes of them.

use actix_rt::task::JoinHandle;
use tokio::task::yield_now;

use super::*;

type Entry = Result<Submission, Refusal>;

/// A request of 10 bytes that tries to enter.
async fn arrive(gate: &Arc<Gate>) -> JoinHandle<Entry> {
    let entry = actix_rt::spawn(gate.admit(10).unwrap().submit());
    yield_now().await;
    entry
}

#[actix_rt::test]
async fn requests_wait_at_a_closed_latch_with_their_room_and_enter_when_it_opens() {
    let gate = gate();
    let latch = gate.close_latch();
    let waiting = [arrive(&gate).await, arrive(&gate).await];
    assert!(waiting.iter().all(|entry| !entry.is_finished()));
    assert_eq!((gate.level().bytes, gate.submissions()), (20, 0));
    drop(latch);
    let mut entered = Vec::new();
    for entry in waiting {
        entered.push(entry.await.unwrap().unwrap());
    }
    assert_eq!((gate.level().bytes, gate.submissions()), (20, 2));
}

#[actix_rt::test]
async fn a_latch_is_settled_when_the_last_submission_is_applied() {
    let gate = gate();
    let before = [submit(gate.admit(10).unwrap()), submit(gate.admit(10).unwrap())];
    let latch = gate.close_latch();
    let waiting = arrive(&gate).await;
    for submission in before {
        assert!(latch.settled().now_or_never().is_none());
        drop(submission);
    }
    assert!(
        latch.settled().now_or_never().is_some(),
        "who waits at the door is not in flight"
    );
    drop(latch);
    assert!(waiting.await.unwrap().is_ok());
}

#[actix_rt::test]
async fn who_waits_for_a_latch_to_settle_is_woken() {
    let gate = gate();
    let submission = submit(gate.admit(10).unwrap());
    let latch = gate.close_latch();
    let settled = actix_rt::spawn(async move { latch.settled().await });
    yield_now().await;
    assert!(!settled.is_finished());
    drop(submission);
    settled.await.unwrap();
    assert!(
        gate.admit(10).unwrap().submit().now_or_never().is_some(),
        "it opened with its holder"
    );
}

#[actix_rt::test]
async fn a_stop_refuses_those_at_the_door_and_gives_their_room_back() {
    let gate = gate();
    let latch = gate.close_latch();
    let (waiting, late) = (arrive(&gate).await, gate.admit(10).unwrap());
    gate.close();
    assert_eq!(waiting.await.unwrap().unwrap_err(), Refusal::ShuttingDown);
    assert_eq!(late.submit().await.unwrap_err(), Refusal::ShuttingDown);
    assert!(gate.drained().now_or_never().is_some());
    drop(latch);
}

#[actix_rt::test]
async fn the_door_opens_with_the_last_of_several_latches() {
    let gate = gate();
    let (one, other) = (gate.close_latch(), gate.close_latch());
    let waiting = arrive(&gate).await;
    drop(one);
    yield_now().await;
    assert!(!waiting.is_finished());
    drop(other);
    assert!(waiting.await.unwrap().is_ok());
}

#[actix_rt::test]
async fn a_latch_opens_when_its_holder_panics() {
    let gate = gate();
    let latch = gate.close_latch();
    let holder = actix_rt::spawn(async move {
        let _latch = latch;
        panic!("a fault for the test");
    });
    assert!(holder.await.unwrap_err().is_panic());
    assert!(arrive(&gate).await.await.unwrap().is_ok());
}

#[actix_rt::test]
async fn a_sender_that_leaves_the_door_takes_its_room_along() {
    let gate = gate();
    let _latch = gate.close_latch();
    let waiting = arrive(&gate).await;
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    assert_eq!((gate.level().requests, gate.submissions()), (0, 0));
}

#[test]
fn none_enters_between_the_closing_of_a_latch_and_the_look_at_what_is_in_flight() {
    let gate = Gate::new(AdmissionSettings {
        max_spans: 1,
        max_bytes: usize::MAX,
        max_tenants: 1,
    });
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..20_000 {
                    // Within a latch's time nobody waits: what cannot enter at once is dropped.
                    drop(gate.admit(1).unwrap().submit().now_or_never());
                }
            });
        }
        for _ in 0..2_000 {
            let latch = gate.close_latch();
            while gate.submissions() > 0 {
                std::hint::spin_loop();
            }
            assert!((0..50).all(|_| gate.submissions() == 0));
            drop(latch);
        }
    });
    assert_eq!((gate.level().requests, gate.submissions()), (0, 0));
}
