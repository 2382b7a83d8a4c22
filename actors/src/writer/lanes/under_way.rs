//! What is known of a request under way, and of the lanes that it holds.

use crate::batches::LANES;
use crate::writer::counts::Counts;
use crate::writer::request::{Request, RequestId};

/// A request under way.
#[derive(Debug)]
pub(super) struct UnderWay {
    pub(super) id: RequestId,
    /// The set of lanes that are busy with it.
    pub(super) lanes: u64,
    pub(super) counts: Counts,
    /// When the oldest of its samples was collected, in milliseconds since the Unix epoch.
    pub(super) oldest: Option<i64>,
    /// The request that it was cut from, its own number when it is whole.
    pub(super) line: u64,
    /// A suspected one that waits, for its turn or through a pause, keeps no place of a request.
    pub(super) is_resting: bool,
}

impl UnderWay {
    pub(super) fn of(request: &Request) -> Self {
        Self {
            id: request.id,
            lanes: lanes_of(request),
            counts: request.counts(),
            oldest: oldest_of(request),
            line: request.trial.line,
            is_resting: false,
        }
    }

    /// Notes what is left of `request`.
    pub(super) fn resize(&mut self, request: &Request) {
        self.lanes = lanes_of(request);
        self.counts = request.counts();
        self.oldest = oldest_of(request);
    }
}

/// A set of one lane, which is below [`LANES`].
pub fn bit(lane: usize) -> u64 {
    1 << lane
}

fn lanes_of(request: &Request) -> u64 {
    request.parts.iter().fold(0, |lanes, part| lanes | bit(part.lane))
}

pub(super) fn oldest_of(request: &Request) -> Option<i64> {
    request
        .parts
        .iter()
        .map(|part| part.collected_unix_milliseconds)
        .min()
}

const _: () = assert!(LANES <= 64, "a set of lanes is a u64");
