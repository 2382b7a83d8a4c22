//! The gate beside a naive model: whatever requests do, each thing is counted once and given back once.

use proptest::prelude::*;

use super::*;
use crate::admission::Latch;

const MOST_BYTES: usize = 100;
const MOST_SPANS: usize = 10;
/// An eighth of all bytes.
const MOST_ANNOUNCED: usize = 12;

/// What one step of the gate's life is; a request is chosen by its number.
#[derive(Clone, Copy, Debug)]
enum Step {
    Admit(usize),
    Announce(usize, usize),
    Add(usize, usize),
    Remove(usize, usize),
    Submit(usize),
    HoldBytes(usize, usize),
    HoldSpans(usize, usize),
    DropRoom(usize),
    DropSubmission(usize),
    CloseLatch,
    OpenLatch,
}

/// What a request holds by the model.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    bytes: usize,
    announced: usize,
    spans: usize,
}

/// A gate with the requests of a test, each beside what it holds by the model.
struct Modelled {
    gate: Arc<Gate>,
    rooms: Vec<(Room, Held)>,
    submissions: Vec<(Submission, Held)>,
    latches: Vec<Latch>,
}

/// Whether `more` fit when there are `all`, of which the asker has `own`: alone it may have any number.
fn fit(all: usize, more: usize, own: usize, most: usize) -> bool {
    all == own || all + more <= most
}

fn taken_out<T>(of: &mut Vec<T>, which: usize) -> Option<T> {
    (which < of.len()).then(|| of.remove(which))
}

fn step() -> impl Strategy<Value = Step> {
    let which = || 0_usize..4;
    let by_bytes = |step: fn(usize, usize) -> Step| {
        (which(), 0_usize..130).prop_map(move |(which, bytes)| step(which, bytes))
    };
    prop_oneof![
        3 => (0_usize..60).prop_map(Step::Admit),
        1 => by_bytes(Step::Announce),
        2 => by_bytes(Step::Add),
        1 => by_bytes(Step::Remove),
        3 => which().prop_map(Step::Submit),
        1 => by_bytes(Step::HoldBytes),
        2 => (which(), 0_usize..14).prop_map(|(which, spans)| Step::HoldSpans(which, spans)),
        1 => which().prop_map(Step::DropRoom),
        2 => which().prop_map(Step::DropSubmission),
        1 => Just(Step::CloseLatch),
        1 => Just(Step::OpenLatch),
    ]
}

impl Modelled {
    fn new() -> Self {
        Self {
            gate: gate(),
            rooms: Vec::new(),
            submissions: Vec::new(),
            latches: Vec::new(),
        }
    }

    fn sum(&self, of: fn(&Held) -> usize) -> usize {
        let rooms = self.rooms.iter().map(|(_, held)| of(held));
        let submissions = self.submissions.iter().map(|(_, held)| of(held));
        rooms.chain(submissions).sum()
    }

    fn bytes(&self) -> usize {
        self.sum(|held| held.bytes)
    }

    fn apply(&mut self, step: Step) {
        match step {
            Step::Admit(bytes) => self.admit(bytes),
            Step::Announce(which, bytes) => self.announce(which, bytes),
            Step::Add(which, bytes) => self.add(which, bytes),
            Step::Remove(which, bytes) => self.remove(which, bytes),
            Step::Submit(which) => self.submit(which),
            Step::HoldBytes(which, bytes) => self.hold_bytes(which, bytes),
            Step::HoldSpans(which, spans) => self.hold_spans(which, spans),
            Step::DropRoom(which) => drop(taken_out(&mut self.rooms, which)),
            Step::DropSubmission(which) => drop(taken_out(&mut self.submissions, which)),
            Step::CloseLatch => self.latches.push(self.gate.close_latch()),
            Step::OpenLatch => drop(self.latches.pop()),
        }
    }

    fn admit(&mut self, bytes: usize) {
        let fits = fit(self.bytes(), bytes, 0, MOST_BYTES);
        let admitted = self.gate.admit(bytes);
        assert_eq!(admitted.is_ok(), fits);
        let held = Held {
            bytes,
            ..Held::default()
        };
        self.rooms.extend(admitted.map(|room| (room, held)));
    }

    fn announce(&mut self, which: usize, bytes: usize) {
        let all = self.bytes();
        let trust = MOST_ANNOUNCED - self.sum(|held| held.announced);
        let Some((room, held)) = self.rooms.get_mut(which) else {
            return;
        };
        let more = bytes.saturating_sub(held.bytes).min(trust);
        let fits = fit(all, more, held.bytes, MOST_BYTES);
        assert_eq!(room.announce(bytes).is_ok(), fits);
        if fits {
            held.bytes += more;
            held.announced += more;
        }
    }

    fn add(&mut self, which: usize, bytes: usize) {
        let all = self.bytes();
        let Some((room, held)) = self.rooms.get_mut(which) else {
            return;
        };
        let more = bytes.saturating_sub(held.announced);
        let fits = fit(all, more, held.bytes, MOST_BYTES);
        assert_eq!(room.add_bytes(bytes).is_ok(), fits);
        if fits {
            held.bytes += more;
            held.announced = held.announced.saturating_sub(bytes);
        }
    }

    fn remove(&mut self, which: usize, bytes: usize) {
        if let Some((room, held)) = self.rooms.get_mut(which) {
            room.remove_bytes(bytes);
            held.bytes = held.bytes.saturating_sub(bytes);
        }
    }

    fn hold_bytes(&mut self, which: usize, bytes: usize) {
        let all = self.bytes();
        let Some((submission, held)) = self.submissions.get_mut(which) else {
            return;
        };
        let fits = fit(all, bytes.saturating_sub(held.bytes), held.bytes, MOST_BYTES);
        assert_eq!(submission.hold_bytes(bytes).is_ok(), fits);
        if fits {
            held.bytes = held.bytes.max(bytes);
        }
    }

    fn hold_spans(&mut self, which: usize, spans: usize) {
        let all = self.sum(|held| held.spans);
        let Some((submission, held)) = self.submissions.get_mut(which) else {
            return;
        };
        let fits = fit(all, spans.saturating_sub(held.spans), held.spans, MOST_SPANS);
        assert_eq!(submission.hold_spans(spans).is_ok(), fits);
        if fits {
            held.spans = held.spans.max(spans);
        }
    }

    /// What does not get in at once gives up.
    fn submit(&mut self, which: usize) {
        let Some((room, held)) = taken_out(&mut self.rooms, which) else {
            return;
        };
        let entered = room.submit().now_or_never();
        assert_eq!(entered.is_some(), self.latches.is_empty());
        self.submissions
            .extend(entered.map(|submission| (submission.unwrap(), held)));
    }

    fn check(&self) {
        let expected = GateLevel {
            requests: self.rooms.len() + self.submissions.len(),
            bytes: self.bytes(),
            spans: self.sum(|held| held.spans),
        };
        assert_eq!(self.gate.level(), expected);
        assert_eq!(self.gate.submissions(), self.submissions.len());
    }
}

proptest! {
    #[test]
    fn rooms_and_submissions_are_counted_apart_and_given_back_once(steps in prop::collection::vec(step(), 1..80)) {
        let mut modelled = Modelled::new();
        for step in steps {
            modelled.apply(step);
            modelled.check();
        }
        let gate = Arc::clone(&modelled.gate);
        drop(modelled);
        prop_assert_eq!((gate.level().requests, gate.level().bytes, gate.level().spans), (0, 0, 0));
        prop_assert_eq!(gate.submissions(), 0);
    }
}
