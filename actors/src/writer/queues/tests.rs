//! The queues against a naive model.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::batches::{ChunkKind, LANES};
use crate::writer::lanes::tests::{chunk, limits, numbers_of};
use crate::writer::request::RequestId;

/// Lanes with all the borders of the set of busy ones.
const LANES_USED: [usize; 5] = [0, 1, 31, LANES - 2, LANES - 1];
const KINDS: [ChunkKind; 4] = [
    ChunkKind::Seeds,
    ChunkKind::Samples,
    ChunkKind::Exemplars,
    ChunkKind::NativeHistograms,
];

/// The queues as a plain list of series that is searched from end to end.
struct Model {
    limits: QueueLimits,
    takes_histograms: bool,
    series: Vec<Series>,
    requests: Vec<Request>,
    /// The lanes of requests under way, also those all of whose samples were dropped as too old.
    busy: Vec<(RequestId, usize)>,
    collections: u64,
    now: i64,
}

#[derive(Clone, Debug)]
struct Series {
    lane: usize,
    kind: ChunkKind,
    chunk: (u64, usize, usize),
    samples: u64,
    collected: i64,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    UnderWay(RequestId),
    Skipped,
    Sent,
    Failed,
    Dropped,
}

/// A chunk: numbers of its lane and of its kind, and how many samples each of its series has.
type PlainChunk = (usize, usize, Vec<u32>);

#[derive(Clone, Debug)]
enum Step {
    Enqueue(Vec<PlainChunk>, bool),
    Take,
    Finish(usize, bool),
    Pass(i64),
    DropOldOf(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let chunks = vec((0..LANES_USED.len(), 0..KINDS.len(), vec(1_u32..5, 1..6)), 0..6);
    prop_oneof![
        3 => (chunks, any::<bool>()).prop_map(|(chunks, continues)| Step::Enqueue(chunks, continues)),
        4 => Just(Step::Take),
        3 => (0_usize..8, any::<bool>()).prop_map(|(request, sent)| Step::Finish(request, sent)),
        1 => (0_i64..30).prop_map(Step::Pass),
        1 => (0_usize..8).prop_map(Step::DropOldOf),
    ]
}

/// Which of the two queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Samples,
    Histograms,
}

impl Way {
    const BOTH: [Self; 2] = [Self::Samples, Self::Histograms];

    fn of(group: Group) -> Self {
        if group == Group::NativeHistograms {
            Self::Histograms
        } else {
            Self::Samples
        }
    }
}

impl Series {
    fn way(&self) -> Way {
        Way::of(Group::of(self.kind))
    }
}

impl Model {
    fn counts(&self, wanted: impl Fn(State) -> bool) -> Counts {
        self.counts_of(|series| wanted(series.state))
    }

    fn counts_of(&self, wanted: impl Fn(&Series) -> bool) -> Counts {
        let mut counts = Counts::default();
        let wanted = self.series.iter().filter(|series| wanted(series));
        wanted.for_each(|series| counts += Counts::of(series.kind, series.samples));
        counts
    }

    fn waiting_in(&self, way: Way, lane: usize) -> Vec<u64> {
        let numbered = (0..).zip(&self.series).filter(|(_, series)| series.way() == way);
        let waiting = numbered.filter(|(_, series)| series.lane == lane && series.state == State::Waiting);
        waiting.map(|(number, _)| number).collect()
    }

    fn is_busy(&self, way: Way, lane: usize) -> bool {
        let mut busy = self.busy.iter();
        busy.any(|(id, busy)| Way::of(id.group) == way && *busy == lane)
    }

    fn idle_lanes(&self, way: Way) -> impl Iterator<Item = usize> {
        LANES_USED
            .into_iter()
            .filter(move |lane| !self.is_busy(way, *lane))
    }

    fn requests_of(&self, way: Way) -> usize {
        let requests = self.requests.iter();
        requests.filter(|request| Way::of(request.group()) == way).count()
    }

    fn get(&self, number: u64) -> &Series {
        &self.series[usize::try_from(number).unwrap()]
    }

    fn enqueue(&mut self, chunks: &[PlainChunk], continues: bool) -> Collected {
        self.collections += u64::from(!continues);
        let mut collected = Collected {
            chunks: Vec::new(),
            continues,
        };
        for (lane, kind, samples) in chunks {
            let (lane, kind) = (LANES_USED[*lane], KINDS[*kind]);
            let position = self.series.len();
            let first = position as u64;
            collected.chunks.push(chunk(kind, lane, first, samples, self.now));
            let skipped = kind == ChunkKind::NativeHistograms && !self.takes_histograms;
            let state = if skipped { State::Skipped } else { State::Waiting };
            self.series.extend(samples.iter().map(|samples| Series {
                lane,
                kind,
                chunk: (self.collections, lane, position),
                samples: u64::from(*samples),
                collected: self.now,
                state,
            }));
        }
        Way::BOTH.into_iter().for_each(|way| self.drop_for_room(way));
        collected
    }

    fn held(&self, way: Way) -> u64 {
        let held = |series: &Series| matches!(series.state, State::Waiting | State::UnderWay(_));
        self.counts_of(|series| series.way() == way && held(series))
            .total()
    }

    fn drop_for_room(&mut self, way: Way) {
        while self.held(way) > self.limits.samples {
            let of_way = self.series.iter().filter(|series| series.way() == way);
            let waiting = of_way.filter(|series| series.state == State::Waiting);
            let Some(oldest) = waiting.map(|series| series.chunk).min() else {
                return;
            };
            if oldest.0 == self.collections {
                return;
            }
            self.drop_all(|series| series.chunk == oldest && series.state == State::Waiting);
        }
    }

    fn drop_all(&mut self, wanted: impl Fn(&Series) -> bool) {
        let wanted = self.series.iter_mut().filter(|series| wanted(series));
        wanted.for_each(|series| series.state = State::Dropped);
    }

    fn oldest_kept(&self) -> i64 {
        self.now - i64::try_from(self.limits.age.unwrap().as_millis()).unwrap()
    }

    fn is_old(&self, series: &Series) -> bool {
        series.collected < self.oldest_kept()
    }

    fn check_nothing_to_take(&self, way: Way) {
        let ready = self
            .idle_lanes(way)
            .any(|lane| !self.waiting_in(way, lane).is_empty());
        assert!(
            !ready || self.requests_of(way) == self.limits.requests,
            "a request of {way:?} could have been sent"
        );
    }

    fn check_taken(&self, request: &Request) {
        let way = Way::of(request.group());
        assert!(self.requests_of(way) < self.limits.requests);
        if way == Way::Histograms {
            self.check_nothing_to_take(Way::Samples);
        }
        let numbers = numbers_of(request);
        let mut by_lane: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
        for number in &numbers {
            assert_eq!(Group::of(self.get(*number).kind), request.group());
            by_lane.entry(self.get(*number).lane).or_default().push(*number);
        }
        for (lane, taken) in &by_lane {
            assert!(!self.is_busy(way, *lane), "lane {lane} has a request under way");
            assert!(
                self.waiting_in(way, *lane).starts_with(taken),
                "lane {lane} is out of order"
            );
        }
        self.check_size(request, &numbers, &by_lane);
        let idle = self.idle_lanes(way);
        let fronts = idle.filter_map(|lane| self.waiting_in(way, lane).first().copied());
        let oldest = fronts.min_by_key(|number| self.get(*number).chunk).unwrap();
        assert!(numbers.contains(&oldest), "the oldest does not go first");
    }

    fn check_size(&self, request: &Request, numbers: &[u64], by_lane: &BTreeMap<usize, Vec<u64>>) {
        let (size, most) = (request.counts().total(), self.limits.samples_per_request);
        let way = Way::of(request.group());
        let expected: u64 = numbers.iter().map(|number| self.get(*number).samples).sum();
        assert_eq!(size, expected);
        assert!(
            size <= most || numbers.len() == 1,
            "{size} samples in {} series",
            numbers.len()
        );
        let next_of = |lane: usize| {
            let taken = by_lane.get(&lane).map_or(0, Vec::len);
            self.waiting_in(way, lane)
                .get(taken)
                .map(|number| self.get(*number))
        };
        let mut next: Vec<_> = self.idle_lanes(way).filter_map(next_of).collect();
        next.retain(|series| Group::of(series.kind) == request.group());
        let none_or_no_room = next.is_empty() || next.iter().any(|series| size + series.samples > most);
        assert!(none_or_no_room, "there was room for more");
    }

    fn mark(&mut self, request: &Request, state: State) {
        for number in numbers_of(request) {
            self.series[usize::try_from(number).unwrap()].state = state;
        }
    }

    fn run(&mut self, queue: &mut Queues, step: &Step) {
        match step {
            Step::Enqueue(chunks, continues) => self.enqueue_both(queue, chunks, *continues),
            Step::Take => self.take(queue),
            Step::Finish(index, sent) => self.finish(queue, *index, *sent),
            Step::Pass(milliseconds) => self.pass(queue, *milliseconds),
            Step::DropOldOf(index) => self.drop_old_of(queue, *index),
        }
    }

    fn enqueue_both(&mut self, queue: &mut Queues, chunks: &[PlainChunk], continues: bool) {
        let total = |model: &Self, wanted| model.counts(|state| state == wanted).total();
        let (dropped, skipped) = (total(self, State::Dropped), total(self, State::Skipped));
        let enqueued = queue.enqueue(&self.enqueue(chunks, continues));
        assert_eq!(enqueued.dropped.total(), total(self, State::Dropped) - dropped);
        assert_eq!(enqueued.skipped_histograms, total(self, State::Skipped) - skipped);
    }

    fn take(&mut self, queue: &mut Queues) {
        let Some(request) = queue.take() else {
            return Way::BOTH
                .into_iter()
                .for_each(|way| self.check_nothing_to_take(way));
        };
        self.check_taken(&request);
        for number in numbers_of(&request) {
            self.busy.push((request.id(), self.get(number).lane));
        }
        self.mark(&request, State::UnderWay(request.id()));
        self.requests.push(request);
    }

    fn pass(&mut self, queue: &mut Queues, milliseconds: i64) {
        self.now += milliseconds;
        queue.drop_too_old(self.now);
        let oldest = self.oldest_kept();
        self.drop_all(|series| series.state == State::Waiting && series.collected < oldest);
    }

    fn finish(&mut self, queue: &mut Queues, index: usize, sent: bool) {
        if index < self.requests.len() {
            let request = self.requests.remove(index);
            self.mark(&request, if sent { State::Sent } else { State::Failed });
            self.busy.retain(|(id, _)| *id != request.id());
            queue.finish(request, if sent { Ending::Sent } else { Ending::Failed });
        }
    }

    fn drop_old_of(&mut self, queue: &mut Queues, index: usize) {
        if index < self.requests.len() {
            let mut request = self.requests.remove(index);
            self.mark(&request, State::Dropped);
            queue.drop_too_old_of(&mut request, self.now);
            self.mark(&request, State::UnderWay(request.id()));
            assert!(
                numbers_of(&request)
                    .iter()
                    .all(|number| !self.is_old(self.get(*number)))
            );
            if request.parts().is_empty() {
                self.busy.retain(|(id, _)| *id != request.id());
                queue.finish(request, Ending::Failed)
            } else {
                self.requests.insert(index, request)
            }
        }
    }

    fn check_accounts(&self, queue: &Queues) {
        let totals = queue.totals();
        assert_eq!(totals.enqueued, self.counts(|state| state != State::Skipped));
        assert_eq!(totals.sent, self.counts(|state| state == State::Sent));
        assert_eq!(totals.failed, self.counts(|state| state == State::Failed));
        assert_eq!(totals.dropped, self.counts(|state| state == State::Dropped));
        assert_eq!(queue.queued(), self.counts(|state| state == State::Waiting));
        assert_eq!(
            queue.under_way(),
            self.counts(|state| matches!(state, State::UnderWay(_)))
        );
        assert_eq!(queue.requests(), self.requests.len());
    }
}

proptest! {
    #[test]
    fn queues_do_what_a_searched_list_does(
        steps in vec(step(), 1..80), samples in 5_u64..60, requests in 1_usize..5, per_request in 1_u64..15,
        takes_histograms in any::<bool>(),
    ) {
        let age = Some(Duration::from_millis(60));
        let limits = QueueLimits { age, ..limits(samples, requests, per_request) };
        let mut queue = Queues::new(limits, takes_histograms);
        let (series, requests) = (Vec::new(), Vec::new());
        let mut model = Model { limits, takes_histograms, series, requests, busy: Vec::new(), collections: 0, now: 1_000 };
        for step in &steps {
            model.run(&mut queue, step);
            model.check_accounts(&queue);
        }
        let left = queue.abandon();
        prop_assert_eq!(left, model.counts(|state| matches!(state, State::Waiting | State::UnderWay(_))));
        prop_assert!(queue.take().is_none());
    }
}

#[test]
fn histograms_that_wait_are_sent_though_further_ones_are_passed_over() {
    let limits = limits(100, 10, 100);
    let of = |number| Collected::from(vec![chunk(ChunkKind::NativeHistograms, 1, number, &[1], 0)]);
    let mut queues = Queues::new(limits, true);
    queues.enqueue(&of(0));
    queues.follow(limits, false);
    assert_eq!(queues.enqueue(&of(1)).skipped_histograms, 1);
    let lost = queues.lose(Counts::of(ChunkKind::NativeHistograms, 1));
    assert!(lost.is_empty());
    let request = queues.take().unwrap();
    assert_eq!(numbers_of(&request), [0]);
    queues.finish(request, Ending::Sent);
    queues.follow(limits, true);
    assert_eq!(queues.enqueue(&of(2)).skipped_histograms, 0);
    assert_eq!(numbers_of(&queues.take().unwrap()), [2]);
}
