//! Write requests: the parts that they are made of, and their bodies.

use std::sync::Arc;

use bytes::Bytes;

use super::counts::Counts;
use super::retry::BackOff;
use super::suspicion::Trial;
use crate::batches::{ChunkKind, Compressed, SeriesEnd, join_compressed};

/// What may travel together: seeds never share a request with anything else (SPEC §7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// Seeds alone, so that a refused seed costs nothing else.
    Seeds,
    /// Samples and exemplars.
    Values,
    /// Native histograms alone, since a remote may refuse them for ever.
    NativeHistograms,
}

impl Group {
    /// The group that chunks of `kind` belong to.
    #[must_use]
    pub fn of(kind: ChunkKind) -> Self {
        match kind {
            ChunkKind::Seeds => Self::Seeds,
            ChunkKind::Samples | ChunkKind::Exemplars => Self::Values,
            ChunkKind::NativeHistograms => Self::NativeHistograms,
        }
    }
}

/// Whole series cut from one chunk.
#[derive(Clone, Debug)]
pub struct Part {
    /// What it holds.
    pub kind: ChunkKind,
    /// The lane that it was cut from.
    pub lane: usize,
    /// The encoded series.
    pub series: Compressed,
    /// The ends of the series before compression, ascending.
    pub ends: Arc<[SeriesEnd]>,
    /// How many samples or exemplars it has.
    pub count: u64,
    /// When it was collected, in milliseconds since the Unix epoch.
    pub collected_unix_milliseconds: i64,
}

impl Part {
    /// What it holds, counted.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts::of(self.kind, self.count).with_exemplars_within(&self.ends)
    }
}

/// Tells a request from all others of its writer, which has a queue for histograms and one for the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestId {
    pub(super) group: Group,
    pub(super) number: u64,
}

/// A request under way: it keeps its lanes busy until the queue is told that it ended.
#[derive(Debug)]
pub struct Request {
    pub(super) id: RequestId,
    pub(super) parts: Vec<Part>,
    /// What it has gone through.
    pub(super) trial: Trial,
    /// How long it paused last; `None` when it did not.
    pub(super) back_off: Option<BackOff>,
}

impl Request {
    /// What tells it from the writer's other requests.
    #[must_use]
    pub fn id(&self) -> RequestId {
        self.id
    }

    /// What kinds it carries.
    #[must_use]
    pub fn group(&self) -> Group {
        self.id.group
    }

    /// Its parts; of one lane in the lane's order.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Its body: the parts one after another are a `WriteRequest`, in snappy's block format.
    #[must_use]
    pub fn body(&self) -> Bytes {
        body_of(&self.parts)
    }

    /// Whether it may be the cause of its failures. Then it leaves its place to others while it pauses, which show whether
    /// the endpoint takes anything at all.
    pub(super) fn is_suspected(&self) -> bool {
        self.trial.is_suspected()
    }

    /// Whether it is one series of one collection, which cannot be cut.
    pub(super) fn is_one(&self) -> bool {
        self.parts.iter().map(|part| part.ends.len()).sum::<usize>() == 1
    }

    /// What it carries, counted.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        self.parts.iter().for_each(|part| counts += part.counts());
        counts
    }
}

/// The body of a request of these parts.
pub(super) fn body_of(parts: &[Part]) -> Bytes {
    join_compressed(parts.iter().map(|part| &part.series))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batches::Compressor;
    use crate::writer::suspicion::Suspicion;

    #[test]
    fn a_body_is_the_parts_one_after_another() {
        let part = |text: &str| Part {
            kind: ChunkKind::Samples,
            lane: 0,
            ends: Arc::default(),
            series: Compressor::new().compress(text.as_bytes()),
            count: 1,
            collected_unix_milliseconds: 0,
        };
        let id = RequestId {
            group: Group::Values,
            number: 1,
        };
        let request = Request {
            id,
            parts: vec![part("a longer text "), part("in two parts")],
            trial: Suspicion::default().whole(1),
            back_off: None,
        };
        let body = request.body();
        let plain = snap::raw::Decoder::new().decompress_vec(&body).unwrap();
        assert_eq!(plain, b"a longer text in two parts");
    }
}
