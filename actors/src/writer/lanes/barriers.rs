//! Points in a queue behind which nothing is sent until everything before them has ended, whatever lane it is in.
//!
//! When relabelling changes, a series can get the labels that one of another lane had before.

use std::collections::VecDeque;

use super::LaneQueue;

/// The last collection before each point, in their order.
pub(super) type Barriers = VecDeque<u64>;

impl LaneQueue {
    /// Parts what was enqueued from all that comes, which is sent when that has ended.
    pub fn part(&mut self) {
        self.barriers.push_back(self.collections);
        self.collections += 1;
    }

    /// The last collection of which something may be sent now.
    pub(super) fn newest_to_send(&mut self) -> u64 {
        while let Some(barrier) = self.barriers.front().copied() {
            let mut fronts = self.lanes.iter().filter_map(VecDeque::front);
            if !self.under_way.is_empty() || fronts.any(|front| front.collection() <= barrier) {
                return barrier;
            }
            self.barriers.pop_front();
        }
        u64::MAX
    }
}

#[cfg(test)]
mod tests {
    use super::super::Ending;
    use super::super::tests::{chunk, limits, numbers_of};
    use super::*;
    use crate::batches::{ChunkKind, Collected};

    fn enqueue(queue: &mut LaneQueue, lane: usize, number: u64) {
        let collected: Collected = vec![chunk(ChunkKind::Samples, lane, number, &[1], 0)].into();
        assert!(queue.enqueue(&collected).is_empty());
    }

    #[test]
    fn what_comes_behind_a_point_waits_until_everything_before_it_has_ended() {
        let mut queue = LaneQueue::new(limits(100, 10, 1));
        enqueue(&mut queue, 1, 0);
        enqueue(&mut queue, 2, 10);
        queue.part();
        enqueue(&mut queue, 3, 20);
        let before = [queue.take().unwrap(), queue.take().unwrap()];
        assert_eq!(before.each_ref().map(numbers_of), [[0], [10]]);
        for request in before {
            assert!(queue.take().is_none());
            queue.finish(request, Ending::Sent);
        }
        assert_eq!(numbers_of(&queue.take().unwrap()), [20]);
    }

    #[test]
    fn a_request_never_reaches_over_a_point() {
        let mut queue = LaneQueue::new(limits(100, 10, 100));
        for number in 0..3 {
            enqueue(&mut queue, 1 + usize::try_from(number).unwrap(), number);
            queue.part();
        }
        for number in 0..3 {
            let request = queue.take().unwrap();
            assert_eq!(numbers_of(&request), [number]);
            assert!(queue.take().is_none());
            queue.finish(request, Ending::Failed);
        }
        assert!(queue.take().is_none());
    }

    #[test]
    fn a_point_in_an_empty_queue_holds_nothing_up() {
        let mut queue = LaneQueue::new(limits(100, 10, 100));
        queue.part();
        enqueue(&mut queue, 1, 0);
        let request = queue.take().unwrap();
        enqueue(&mut queue, 2, 1);
        assert_eq!(numbers_of(&queue.take().unwrap()), [1], "the point is passed");
        queue.finish(request, Ending::Sent);
    }
}
