//! What the gate lets in, counts apart, and gives back.

mod latch;
mod model;

use std::sync::Arc;

use futures_util::FutureExt as _;
use spangraph_config::AdmissionSettings;

use super::{Gate, GateLevel, OPEN_REQUEST_BYTES, ROOM_ON_TRUST, Refusal, Room, Submission};

fn gate() -> Arc<Gate> {
    Gate::new(AdmissionSettings {
        max_spans: 10,
        max_bytes: 100,
        max_tenants: 100,
    })
}

/// The submission of a request that nothing keeps at the door.
fn submit(room: Room) -> Submission {
    room.submit().now_or_never().unwrap().unwrap()
}

#[test]
fn what_is_let_in_stays_within_the_bounds_and_is_given_back() {
    let gate = gate();
    let mut first = submit(gate.admit(60).unwrap());
    assert!(matches!(
        gate.admit(41),
        Err(Refusal::Overloaded {
            what: "spangraph.admission.max_bytes",
            ..
        })
    ));
    first.hold_spans(10).unwrap();
    first.hold_spans(10).unwrap();
    let mut second = submit(gate.admit(40).unwrap());
    assert!(matches!(second.hold_spans(1), Err(Refusal::Overloaded { .. })));
    assert_eq!(
        gate.level(),
        GateLevel {
            requests: 2,
            bytes: 100,
            spans: 10
        }
    );
    drop((first, second));
    assert_eq!(
        gate.level(),
        GateLevel {
            requests: 0,
            bytes: 0,
            spans: 0
        }
    );
}

#[test]
fn a_request_larger_than_the_gate_gets_in_alone() {
    let gate = gate();
    let huge = gate.admit(1_000).unwrap();
    assert!(gate.admit(1).is_err());
    drop(huge);
    let mut growing = gate.admit(0).unwrap();
    growing.add_bytes(90).unwrap();
    growing.add_bytes(900).unwrap();
    growing.remove_bytes(900);
    let mut growing = submit(growing);
    growing.hold_bytes(80).unwrap();
    assert_eq!(gate.level().bytes, 90);
    let mut other = gate.admit(10).unwrap();
    assert!(growing.hold_bytes(91).is_err() && other.add_bytes(1).is_err());
}

#[test]
fn requests_that_linger_hold_room_and_have_an_eighth_of_it_at_the_most() {
    let gate = Gate::new(AdmissionSettings {
        max_spans: 1,
        max_bytes: 16 * OPEN_REQUEST_BYTES,
        max_tenants: 100,
    });
    let open: Vec<_> = (0..3).map(|_| gate.admit(0).unwrap()).collect();
    assert_eq!(
        gate.level().bytes,
        0,
        "one that arrives at once holds what it has"
    );
    let lingering: Vec<_> = open.iter().map(|room| room.linger().begin()).collect();
    assert_eq!(gate.level().bytes, 2 * OPEN_REQUEST_BYTES);
    assert!(matches!(lingering[2], Err(Refusal::Overloaded { .. })));
    gate.admit(14 * OPEN_REQUEST_BYTES)
        .expect("who sends finds all other room");
    drop(lingering);
    assert_eq!(gate.level().bytes, 0);
    let full = gate.admit(16 * OPEN_REQUEST_BYTES).unwrap();
    assert!(open[0].linger().begin().is_err());
    drop(full);
    assert!(open[0].linger().begin().is_ok());
}

#[test]
fn what_was_announced_has_its_room_before_it_arrives_and_is_counted_once() {
    let gate = gate();
    let mut first = gate.admit(10).unwrap();
    first.announce(20).unwrap();
    assert_eq!(gate.level().bytes, 20);
    assert!(gate.admit(81).is_err());
    first.add_bytes(10).unwrap();
    assert_eq!(gate.level().bytes, 20);
    first.add_bytes(1).unwrap();
    assert_eq!(gate.level().bytes, 21);
    let mut second = gate.admit(70).unwrap();
    assert!(second.announce(80).is_err());
    drop((first, second));
    assert_eq!(gate.level().bytes, 0);
}

#[test]
fn a_huge_announcement_takes_little_on_trust() {
    let gate = Gate::new(AdmissionSettings {
        max_spans: 1,
        max_bytes: 16 * ROOM_ON_TRUST,
        max_tenants: 100,
    });
    let mut room = gate.admit(1).unwrap();
    room.announce(usize::MAX).unwrap();
    assert_eq!(gate.level().bytes, ROOM_ON_TRUST);
}

#[test]
fn announcements_alone_leave_room_for_those_who_send() {
    let max_bytes = 16 * ROOM_ON_TRUST;
    let gate = Gate::new(AdmissionSettings {
        max_spans: 1,
        max_bytes,
        max_tenants: 100,
    });
    let mut announcing: Vec<_> = (0..512).map(|_| gate.admit(5).unwrap()).collect();
    for room in &mut announcing {
        room.announce(usize::MAX).unwrap();
    }
    assert!(gate.level().bytes <= max_bytes / 8 + 512 * 5);
    let sent = gate.admit(max_bytes / 2).unwrap();
    // What arrives of one that was trusted makes trust free for another.
    announcing[0].add_bytes(ROOM_ON_TRUST).unwrap();
    let before = gate.level().bytes;
    announcing[511].announce(usize::MAX).unwrap();
    assert!(gate.level().bytes > before);
    drop((announcing, sent));
    assert_eq!(gate.level().bytes, 0);
    let mut room = gate.admit(0).unwrap();
    room.announce(ROOM_ON_TRUST).unwrap();
    assert_eq!(gate.level().bytes, ROOM_ON_TRUST, "all trust was given back");
}

#[actix_rt::test]
async fn a_closed_gate_refuses_and_is_drained_when_the_last_room_is_gone() {
    let gate = gate();
    let room = gate.admit(1).unwrap();
    gate.close();
    assert_eq!(gate.admit(1).unwrap_err(), Refusal::ShuttingDown);
    let waiting = actix_rt::spawn({
        let gate = Arc::clone(&gate);
        async move { gate.drained().await }
    });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    drop(room);
    waiting.await.unwrap();
}

#[test]
fn a_request_is_a_submission_from_its_entry_until_its_last_part_is_dropped() {
    let gate = gate();
    let (first, other) = (gate.admit(10).unwrap(), gate.admit(10).unwrap());
    assert_eq!((gate.level().requests, gate.submissions()), (2, 0));
    let one = Arc::new(submit(first));
    let last = Arc::clone(&one);
    assert_eq!((gate.level().requests, gate.submissions()), (2, 1));
    drop((one, other));
    assert_eq!((gate.level().requests, gate.submissions()), (1, 1));
    drop(last);
    assert_eq!((gate.level().requests, gate.submissions()), (0, 0));
}

#[test]
fn a_closed_gate_lets_what_has_room_enter() {
    let gate = gate();
    let room = gate.admit(10).unwrap();
    gate.close();
    assert!(room.submit().now_or_never().unwrap().is_ok());
}
