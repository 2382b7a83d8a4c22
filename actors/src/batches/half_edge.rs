//! Half-edges: what the pipeline keeps of a span that is one side of a call.

use std::sync::Arc;

use super::latency::Latency;
use super::texts::{TextId, Texts};

/// Which side of an edge a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Kinds client and producer.
    Client,
    /// Kinds server and consumer.
    Server,
}

impl Side {
    /// The opposite side.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// The kinds of span that take part in edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EdgeKind {
    /// `SPAN_KIND_CLIENT`.
    Client,
    /// `SPAN_KIND_SERVER`.
    Server,
    /// `SPAN_KIND_PRODUCER`.
    Producer,
    /// `SPAN_KIND_CONSUMER`.
    Consumer,
}

impl EdgeKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Client, Self::Server, Self::Producer, Self::Consumer];

    /// The side that spans of this kind are.
    #[must_use]
    pub fn side(self) -> Side {
        match self {
            Self::Client | Self::Producer => Side::Client,
            Self::Server | Self::Consumer => Side::Server,
        }
    }

    /// The kind's name in metrics: `client`, `server`, `producer`, `consumer`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Producer => "producer",
            Self::Consumer => "consumer",
        }
    }
}

/// What connects the two sides of an edge; the label `connection_type`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Connection {
    /// A plain call: no label.
    #[default]
    Unset,
    /// `messaging_system`: producer and consumer.
    MessagingSystem,
    /// `database`: the client's span names a database.
    Database,
    /// `virtual_node`: one side never reported.
    VirtualNode,
}

impl Connection {
    /// Every kind of connection.
    pub const ALL: [Self; 4] = [
        Self::Unset,
        Self::MessagingSystem,
        Self::Database,
        Self::VirtualNode,
    ];

    /// The name in own metrics, which have no empty labels.
    #[must_use]
    pub fn metric_name(self) -> &'static str {
        match self {
            Self::Unset => "none",
            named => named.as_str(),
        }
    }

    /// The label's value; empty for a plain call.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unset => "",
            Self::MessagingSystem => "messaging_system",
            Self::Database => "database",
            Self::VirtualNode => "virtual_node",
        }
    }
}

/// What identifies the call that a half belongs to (SPEC §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallKey {
    /// The trace's id.
    pub trace_id: [u8; 16],
    /// The client's span id: a client half's own, a server half's parent; all zero is a root.
    pub span_id: [u8; 8],
}

impl CallKey {
    /// Whether the key belongs to a span without parent.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.span_id == [0; 8]
    }
}

/// One half of an edge; texts are numbers in the [`Texts`] of its batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HalfEdge {
    /// The call it is a half of.
    pub key: CallKey,
    /// The span's kind, which tells the side.
    pub kind: EdgeKind,
    /// A filter policy dropped the span: it only leaves a marker, and of what is below only its service is filled in.
    pub filtered: bool,
    /// The span's status is an error.
    pub failed: bool,
    /// What the half makes of the edge: never [`Connection::VirtualNode`].
    pub connection: Connection,
    /// The service that sent the span; may be the empty text.
    pub service: TextId,
    /// The first peer attribute of the span, which may have no text, or absent; a server side with a parent and a named service has no use
    /// for one, so it is absent there.
    pub peer: TextId,
    /// The server's name when `connection` is a database, which may be the empty text; absent when the span gives
    /// none, or calls no database.
    pub database: TextId,
    /// Start in nanoseconds since the Unix epoch.
    pub start_unix_nanoseconds: u64,
    /// End in nanoseconds since the Unix epoch; may lie before the start.
    pub end_unix_nanoseconds: u64,
    /// How many calls the half stands for: at least 0, usually 1 (SPEC §5).
    pub multiplier: f64,
    /// How long it took.
    pub latency: Latency,
}

/// The halves that one request gave to one matcher shard, in the request's order.
#[derive(Clone, Debug, Default)]
pub struct HalfEdges {
    /// The texts that the halves name, shared by all shards of the request.
    pub texts: Arc<Texts>,
    /// The halves.
    pub halves: Vec<HalfEdge>,
    /// For each half, one text a configured dimension, in the settings' order; absent where the span has none.
    pub dimensions: Vec<TextId>,
}
