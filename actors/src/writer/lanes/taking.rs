//! The next request: parts from the fronts of idle lanes, of the oldest collection first.

use super::LaneQueue;
use super::under_way::{UnderWay, bit};
use crate::batches::LANES;
use crate::writer::request::{Group, Part, Request, RequestId};
use crate::writer::suspicion::{Suspicion, Trial};
use crate::writer::waiting::Waiting;

impl LaneQueue {
    /// The next request, when one may be sent: parts of one [`Group`] from the fronts of idle lanes, of the
    /// oldest collection first. Its lanes are busy until it ends.
    pub fn take(&mut self) -> Option<Request> {
        if self.active() >= self.limits.requests {
            return None;
        }
        if let Some(piece) = self.take_held() {
            return Some(piece);
        }
        let (idle, newest) = (!self.busy_lanes(), self.newest_to_send());
        let is_due = |front: &Waiting| front.collection() <= newest;
        let oldest = self.oldest_front(idle, is_due)?;
        let group = self.front(oldest)?.group();
        let parts = self.fill(idle, |front| front.group() == group && is_due(front));
        let request = self.request(group, parts, Suspicion::whole);
        self.queued -= request.counts();
        self.without_known_bad(request)
    }

    /// A new request, which is under way from now on.
    pub(super) fn request(
        &mut self,
        group: Group,
        parts: Vec<Part>,
        trial: impl Fn(&Suspicion, u64) -> Trial,
    ) -> Request {
        self.requests += 1;
        let request = Request {
            id: RequestId {
                group,
                number: self.requests,
            },
            parts,
            trial: trial(&self.suspicion, self.requests),
            back_off: None,
        };
        self.under_way.push(UnderWay::of(&request));
        request
    }

    fn fill(&mut self, idle: u64, wanted: impl Fn(&Waiting) -> bool) -> Vec<Part> {
        let (mut parts, mut room) = (Vec::new(), self.limits.samples_per_request);
        while room > 0 {
            let lane = self.oldest_front(idle, &wanted);
            let Some(lane) = lane else { break };
            let Some(part) = self.cut_front(lane, room, parts.is_empty()) else {
                break;
            };
            room = room.saturating_sub(part.count);
            parts.push(part);
        }
        parts
    }

    fn cut_front(&mut self, lane: usize, room: u64, at_least_one: bool) -> Option<Part> {
        let lane = self.lanes.get_mut(lane)?;
        let front = lane.front_mut()?;
        let part = front.cut(room, at_least_one)?;
        if front.is_used_up() {
            lane.pop_front();
        }
        Some(part)
    }

    /// The lane of `among` whose front satisfies `wanted` and is of the oldest collection.
    pub(super) fn oldest_front(&self, among: u64, wanted: impl Fn(&Waiting) -> bool) -> Option<usize> {
        let lanes = (0..LANES).filter(|lane| among & bit(*lane) != 0);
        let fronts = lanes.filter_map(|lane| Some((lane, self.front(lane)?)));
        let oldest = fronts
            .filter(|(_, front)| wanted(front))
            .min_by_key(|(_, front)| front.collection());
        oldest.map(|(lane, _)| lane)
    }

    fn front(&self, lane: usize) -> Option<&Waiting> {
        self.lanes.get(lane)?.front()
    }

    fn busy_lanes(&self) -> u64 {
        self.under_way
            .iter()
            .fold(0, |lanes, under_way| lanes | under_way.lanes)
    }
}
