//! One trace through the mesh: its spans, and the calls that service graphs are to find in it.

mod recording;
mod steps;

use fastrand::Rng;
use opentelemetry_proto::tonic::trace::v1::Span;

use super::mesh::Mesh;
use super::shape::Shape;

/// Spans of a trace.
const SPANS: std::ops::RangeInclusive<usize> = 5..=60;

/// One trace; times are nanoseconds before (below zero) the moment at which all of it is over.
#[derive(Debug, Default)]
pub(super) struct Story {
    pub(super) spans: Vec<StorySpan>,
    pub(super) calls: Vec<StoryCall>,
}

/// A span and the position of its service in the mesh.
#[derive(Debug)]
pub(super) struct StorySpan {
    pub(super) service: usize,
    pub(super) span: Span,
}

/// A call; its sides are positions in the story's spans.
#[derive(Debug)]
pub(super) struct StoryCall {
    pub(super) client: Option<usize>,
    pub(super) server: Option<usize>,
    /// What the client's span calls the other side, for databases and companies outside.
    pub(super) named: Option<String>,
    pub(super) kind: CallKind,
}

/// What connects the sides of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallKind {
    Request,
    Message,
    Database,
    Company,
}

/// Makes a story up as it goes along.
struct Teller<'m> {
    mesh: &'m Mesh,
    shape: &'m Shape,
    rng: &'m mut Rng,
    trace_id: [u8; 16],
    room: usize,
    story: Story,
}

impl Story {
    /// A trace that enters `mesh` at one of its first services.
    pub(super) fn tell(mesh: &Mesh, shape: &Shape, rng: &mut Rng) -> Self {
        let mut teller = Teller {
            mesh,
            shape,
            trace_id: rng.u128(1..).to_be_bytes(),
            room: rng.usize(SPANS),
            rng,
            story: Self::default(),
        };
        let entry = teller.rng.usize(..mesh.entries());
        if let Some(root) = teller.serve(entry, None, 0) {
            teller.story.calls.push(StoryCall {
                client: None,
                server: Some(root.span),
                named: None,
                kind: CallKind::Request,
            });
        }
        let rest = teller.rng.i64(0..100_000_000);
        teller.story.end_before_zero(rest);
        teller.story
    }

    fn end_before_zero(&mut self, rest: i64) {
        let ends = self
            .spans
            .iter()
            .map(|each| each.span.end_time_unix_nano.cast_signed());
        let end = ends.max().unwrap_or_default() + rest;
        let earlier = |time: &mut u64| *time = time.wrapping_sub(end.cast_unsigned());
        for StorySpan { span, .. } in &mut self.spans {
            earlier(&mut span.start_time_unix_nano);
            earlier(&mut span.end_time_unix_nano);
            span.events
                .iter_mut()
                .for_each(|event| earlier(&mut event.time_unix_nano));
        }
    }
}

#[cfg(test)]
mod tests;
