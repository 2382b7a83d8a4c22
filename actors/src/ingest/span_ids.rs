//! The ids of a span, checked.

use spangraph_proto::otlp::Span;

use crate::batches::{CallKey, Side};

/// What is wrong with a span's ids; numbers are the lengths that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSpan {
    /// The trace's id.
    #[error("trace_id must be 16 bytes and not all zero, got {}", Received { length: *.0, proper: 16 })]
    TraceId(usize),
    /// The span's own id.
    #[error("span_id must be 8 bytes and not all zero, got {}", Received { length: *.0, proper: 8 })]
    SpanId(usize),
    /// The parent's id.
    #[error("parent_span_id must be 8 bytes or empty, got {0} bytes")]
    ParentSpanId(usize),
}

struct Received {
    length: usize,
    proper: usize,
}

impl std::fmt::Display for Received {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let zero = if self.length == self.proper { "zero " } else { "" };
        write!(formatter, "{} {zero}bytes", self.length)
    }
}

/// Valid ids; an absent parent is all zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SpanIds {
    trace_id: [u8; 16],
    span_id: [u8; 8],
    parent_span_id: [u8; 8],
}

impl SpanIds {
    /// The ids of `span`.
    pub(super) fn of(span: &Span<'_>) -> Result<Self, InvalidSpan> {
        let trace_id = non_zero(span.trace_id).ok_or(InvalidSpan::TraceId(span.trace_id.len()))?;
        let span_id = non_zero(span.span_id).ok_or(InvalidSpan::SpanId(span.span_id.len()))?;
        let parent_span_id = match span.parent_span_id {
            [] => [0; 8],
            id => id.try_into().map_err(|_| InvalidSpan::ParentSpanId(id.len()))?,
        };
        Ok(Self {
            trace_id,
            span_id,
            parent_span_id,
        })
    }

    /// The trace's id.
    pub(super) fn trace_id(&self) -> [u8; 16] {
        self.trace_id
    }

    /// The call that a span on `side` is a half of.
    pub(super) fn call(&self, side: Side) -> CallKey {
        let span_id = match side {
            Side::Client => self.span_id,
            Side::Server => self.parent_span_id,
        };
        CallKey {
            trace_id: self.trace_id,
            span_id,
        }
    }
}

fn non_zero<const LENGTH: usize>(id: &[u8]) -> Option<[u8; LENGTH]> {
    id.try_into().ok().filter(|id| *id != [0; LENGTH])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(trace_id: &[u8], span_id: &[u8], parent_span_id: &[u8]) -> Result<SpanIds, String> {
        let span = Span {
            trace_id,
            span_id,
            parent_span_id,
            ..Span::default()
        };
        SpanIds::of(&span).map_err(|invalid| invalid.to_string())
    }

    #[test]
    fn each_wrong_id_is_named_with_what_came() {
        let refused = |trace: &[u8], span: &[u8], parent: &[u8]| check(trace, span, parent).unwrap_err();
        let trace = "trace_id must be 16 bytes and not all zero, got";
        assert_eq!(refused(&[1; 8], &[1; 8], &[]), format!("{trace} 8 bytes"));
        assert_eq!(refused(&[0; 16], &[1; 8], &[]), format!("{trace} 16 zero bytes"));
        assert_eq!(refused(&[], &[1; 8], &[]), format!("{trace} 0 bytes"));
        let span = "span_id must be 8 bytes and not all zero, got";
        assert_eq!(refused(&[1; 16], &[1; 9], &[]), format!("{span} 9 bytes"));
        assert_eq!(refused(&[1; 16], &[0; 8], &[]), format!("{span} 8 zero bytes"));
        let parent = "parent_span_id must be 8 bytes or empty, got";
        assert_eq!(refused(&[1; 16], &[1; 8], &[1; 7]), format!("{parent} 7 bytes"));
    }

    #[test]
    fn a_client_is_found_by_its_own_id_and_a_server_by_its_parents() {
        let ids = check(&[1; 16], &[2; 8], &[3; 8]).unwrap();
        assert_eq!(
            ids.call(Side::Client),
            CallKey {
                trace_id: [1; 16],
                span_id: [2; 8]
            }
        );
        assert_eq!(
            ids.call(Side::Server),
            CallKey {
                trace_id: [1; 16],
                span_id: [3; 8]
            }
        );
        assert!(
            check(&[1; 16], &[2; 8], &[])
                .unwrap()
                .call(Side::Server)
                .is_root()
        );
        assert!(
            check(&[1; 16], &[2; 8], &[0; 8])
                .unwrap()
                .call(Side::Server)
                .is_root()
        );
    }
}
