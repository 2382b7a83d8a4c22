//! The blocks of pairing as protobuf. A field that is not known is passed over, so fields can be added.
//!
//! Values lie in columns, one for each edge or mark, in the order in which they expire. Times are milliseconds since the
//! Unix epoch, each as the difference to the one before it.

use prost::Message;

use crate::batches::{Connection, EdgeKind};

/// The bytes of a call's key: the trace's id and the span's.
pub const KEY_BYTES: usize = 24;

/// No text.
pub const ABSENT_TEXT: u32 = 0;
/// The empty text.
pub const EMPTY_TEXT: u32 = 1;
/// The first text of the block.
pub const FIRST_TEXT: u32 = 2;

/// What a latency is that no histogram takes.
pub const IMPOSSIBLE_LATENCY: f64 = -1.0;

/// Pending edges.
#[derive(Clone, PartialEq, Message)]
pub struct EdgesRecord {
    #[prost(message, required, tag = "1")]
    pub layout: LayoutRecord,
    #[prost(message, required, tag = "2")]
    pub texts: TextsRecord,
    /// 24 bytes an edge.
    #[prost(bytes = "vec", tag = "3")]
    pub keys: Vec<u8>,
    #[prost(sint64, repeated, tag = "4")]
    pub began: Vec<i64>,
    /// Numbers of texts, as the next two.
    #[prost(uint32, repeated, tag = "5")]
    pub clients: Vec<u32>,
    #[prost(uint32, repeated, tag = "6")]
    pub servers: Vec<u32>,
    #[prost(uint32, repeated, tag = "7")]
    pub peers: Vec<u32>,
    #[prost(uint32, repeated, tag = "8")]
    pub connections: Vec<u32>,
    #[prost(uint32, repeated, tag = "9")]
    pub kinds: Vec<u32>,
    #[prost(bool, repeated, tag = "10")]
    pub failed: Vec<bool>,
    #[prost(uint32, repeated, tag = "11")]
    pub client_halves: Vec<u32>,
    #[prost(uint32, repeated, tag = "12")]
    pub server_halves: Vec<u32>,
    /// Seconds, or [`IMPOSSIBLE_LATENCY`].
    #[prost(double, repeated, tag = "13")]
    pub client_latencies: Vec<f64>,
    #[prost(double, repeated, tag = "14")]
    pub server_latencies: Vec<f64>,
    /// Nanoseconds since the Unix epoch; 0 before the half came.
    #[prost(fixed64, repeated, tag = "15")]
    pub client_ends: Vec<u64>,
    #[prost(fixed64, repeated, tag = "16")]
    pub server_starts: Vec<u64>,
    #[prost(double, repeated, tag = "17")]
    pub multipliers: Vec<f64>,
    /// Numbers of texts: a row of the layout's width an edge.
    #[prost(uint32, repeated, tag = "18")]
    pub dimensions: Vec<u32>,
}

/// What the rows of dimensions were made for.
#[derive(Clone, PartialEq, Message)]
pub struct LayoutRecord {
    /// The names of the dimensions, in the settings' order.
    #[prost(string, repeated, tag = "1")]
    pub dimensions: Vec<String>,
    /// Both sides have values of their own, the client's first.
    #[prost(bool, tag = "2")]
    pub prefixed: bool,
}

/// The texts of a block, numbered from [`FIRST_TEXT`] on.
#[derive(Clone, PartialEq, Message)]
pub struct TextsRecord {
    /// All of them, one behind the other.
    #[prost(string, tag = "1")]
    pub joined: String,
    /// The bytes of each.
    #[prost(uint32, repeated, tag = "2")]
    pub lengths: Vec<u32>,
}

/// Marks of filtered halves.
#[derive(Clone, PartialEq, Message)]
pub struct MarksRecord {
    /// 24 bytes a mark.
    #[prost(bytes = "vec", tag = "1")]
    pub keys: Vec<u8>,
    #[prost(sint64, repeated, tag = "2")]
    pub left: Vec<i64>,
    /// Whether the half was a server's.
    #[prost(bool, repeated, tag = "3")]
    pub of_servers: Vec<bool>,
    /// Whether the mark dropped a half already.
    #[prost(bool, repeated, tag = "4")]
    pub taken: Vec<bool>,
}

/// The number of a kind.
pub fn kind_number(kind: EdgeKind) -> u32 {
    match kind {
        EdgeKind::Client => 1,
        EdgeKind::Server => 2,
        EdgeKind::Producer => 3,
        EdgeKind::Consumer => 4,
    }
}

/// The kind with this number.
pub fn kind_of(number: u32) -> Option<EdgeKind> {
    EdgeKind::ALL
        .into_iter()
        .find(|kind| kind_number(*kind) == number)
}

/// The number of a connection.
pub fn connection_number(connection: Connection) -> u32 {
    match connection {
        Connection::Unset => 1,
        Connection::MessagingSystem => 2,
        Connection::Database => 3,
        Connection::VirtualNode => 4,
    }
}

/// The connection with this number.
pub fn connection_of(number: u32) -> Option<Connection> {
    let mut all = Connection::ALL.into_iter();
    all.find(|connection| connection_number(*connection) == number)
}
