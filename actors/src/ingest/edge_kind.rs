//! Which spans are halves of edges, and what they say of the connection.

use spangraph_proto::otlp::Span;

use crate::batches::{Connection, EdgeKind};

/// The kind of half that a span's kind makes; none for internal, unspecified and unknown ones.
#[inline]
pub(super) fn edge_kind(kind: i32) -> Option<EdgeKind> {
    match kind {
        Span::KIND_CLIENT => Some(EdgeKind::Client),
        Span::KIND_SERVER => Some(EdgeKind::Server),
        Span::KIND_PRODUCER => Some(EdgeKind::Producer),
        Span::KIND_CONSUMER => Some(EdgeKind::Consumer),
        _ => None,
    }
}

/// What a half that calls no database makes of its edge.
pub(super) fn connection(kind: EdgeKind) -> Connection {
    match kind {
        EdgeKind::Producer | EdgeKind::Consumer => Connection::MessagingSystem,
        EdgeKind::Client | EdgeKind::Server => Connection::Unset,
    }
}
