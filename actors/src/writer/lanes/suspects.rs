//! Requests that are cut to find the series that an endpoint fails at, and what is known of these series.

use super::{Ending, LaneQueue};
use crate::writer::pieces::{Cut, cut, only_series, take_out};
use crate::writer::request::{Group, Part, Request, RequestId};
use crate::writer::suspicion::{Next, Suspicion};

/// A suspected request that waits for its turn.
#[derive(Debug)]
pub(super) struct Held {
    request: Request,
    /// The piece with earlier samples of the same series.
    after: Option<RequestId>,
}

impl LaneQueue {
    /// There was no answer to a request, or one that says nothing of it.
    pub fn troubled(&mut self) {
        self.suspicion.troubled();
    }

    /// The endpoint failed at `request`: what is to be done with it.
    pub fn failed(&mut self, request: &mut Request) -> Next {
        let is_one = request.is_one();
        self.suspicion
            .failed(&mut request.trial, is_one, self.limits.retries)
    }

    /// The endpoint failed for a cause that is not in `request`: what is to be done with it.
    pub fn failed_by_itself(&mut self, request: &mut Request) -> Next {
        let retries = self.limits.retries;
        self.suspicion.failed_by_itself(&mut request.trial, retries)
    }

    /// The endpoint will never take something that is in `request`: what is to be done with it.
    pub fn refused(&mut self, request: &Request) -> Next {
        self.suspicion.refused(&request.trial, request.is_one())
    }

    /// Cuts `request` into two that wait for their turn.
    ///
    /// Gives it back as it was when there is nothing to cut.
    pub fn cut(&mut self, mut request: Request) -> Option<Request> {
        let ((first, second), is_ordered) = match cut(std::mem::take(&mut request.parts)) {
            Cut::Apart(first, second) => ((first, second), false),
            Cut::InOrder(first, second) => ((first, second), true),
            Cut::Whole(parts) => {
                request.parts = parts;
                return Some(request);
            }
        };
        self.suspicion.was_cut(&request.trial);
        let trial = Suspicion::piece_of(&request.trial);
        let mut earlier = self.request(request.group(), first, |_, _| trial);
        earlier.back_off = request.back_off;
        let after = is_ordered.then_some(earlier.id);
        // The second keeps its number, so that what waits for the whole waits for the end of both.
        request.parts = second;
        request.trial = trial;
        self.resize(&request);
        self.hold_after(request, after);
        self.hold(earlier);
        None
    }

    /// Lets a request wait for its turn.
    pub fn hold(&mut self, request: Request) {
        self.hold_after(request, None);
    }

    /// A request waits through a pause, and leaves its place to others.
    pub fn rest(&mut self, id: RequestId) {
        self.set_resting(id, true);
    }

    /// Remembers that the only series of `request` is bad.
    pub fn convict(&mut self, request: &Request) {
        let lane = request.parts.first().map(|part| part.lane);
        if let (Some(lane), Some(labels)) = (lane, only_series(&request.parts)) {
            self.known_bad.add(lane, labels, self.collections);
        }
    }

    /// How many requests hold a place.
    pub(super) fn active(&self) -> usize {
        self.under_way
            .iter()
            .filter(|under_way| !under_way.is_resting)
            .count()
    }

    /// The piece that was held last and may go: of one request only one piece at a time, so that those that are healthy
    /// are found by fewer requests; but series that are known to be bad hold up nothing.
    pub(super) fn take_held(&mut self) -> Option<Request> {
        let may_go = |held: &Held| {
            let mut under_way = self.under_way.iter();
            let is_blocked = under_way.any(|other| {
                let is_sibling = other.line == held.request.trial.line && !other.is_resting;
                is_sibling || Some(other.id) == held.after
            });
            !is_blocked
        };
        let position = self.held.iter().rposition(may_go)?;
        let Held { request, .. } = self.held.remove(position);
        self.set_resting(request.id, false);
        Some(request)
    }

    /// Takes the series that are known to be bad out of `request`, to be sent alone; what may be sent now.
    pub(super) fn without_known_bad(&mut self, mut request: Request) -> Option<Request> {
        if request.group() == Group::Seeds || !self.known_bad.may_be_in(&request.parts) {
            return Some(request);
        }
        let parts = std::mem::take(&mut request.parts);
        let (rest, bad) = take_out(parts, |lane, labels| self.known_bad.has(lane, labels));
        for (labels, parts) in bad {
            let lane = parts.first().map_or(0, |part: &Part| part.lane);
            self.known_bad.meet(lane, &labels, self.collections);
            let alone = self.request(request.group(), parts, Suspicion::known_bad);
            self.hold(alone);
        }
        request.parts = rest;
        if request.parts.is_empty() {
            self.under_way.retain(|under_way| under_way.id != request.id);
            return self.take_held();
        }
        self.resize(&request);
        Some(request)
    }

    /// Notes how a request ended.
    pub(super) fn learn(&mut self, request: &Request, ending: Ending) {
        if ending == Ending::Sent {
            self.suspicion.succeeded(&request.trial);
        }
        if ending == Ending::Sent && request.trial.is_known_bad {
            let lane = request.parts.first().map(|part| part.lane);
            if let (Some(lane), Some(labels)) = (lane, only_series(&request.parts)) {
                self.known_bad.remove(lane, &labels);
            }
        }
        self.suspicion.ended(&request.trial);
    }

    fn hold_after(&mut self, request: Request, after: Option<RequestId>) {
        self.set_resting(request.id, true);
        self.held.push(Held { request, after });
    }

    fn set_resting(&mut self, id: RequestId, is_resting: bool) {
        let mut under_way = self.under_way.iter_mut();
        if let Some(under_way) = under_way.find(|under_way| under_way.id == id) {
            under_way.is_resting = is_resting;
        }
    }

    /// Notes what is left of `request`.
    fn resize(&mut self, request: &Request) {
        let mut under_way = self.under_way.iter_mut();
        if let Some(under_way) = under_way.find(|under_way| under_way.id == request.id) {
            under_way.resize(request);
        }
    }
}

#[cfg(test)]
mod tests;
