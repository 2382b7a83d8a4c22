//! How a request lies in the log: a small header, and its body as it came.

use prost::Message;

use crate::segments::Frame;

/// A frame that says the position of the first request of its segment.
pub const START: u32 = 1;
/// A frame that holds a request.
pub const REQUEST: u32 = 2;

/// A request that is to be logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// Whose it is, by id.
    pub tenant: &'a str,
    /// When it was stamped, in milliseconds since the Unix epoch.
    pub stamp_unix_milliseconds: i64,
    /// How the body is encoded and compressed, as who logs it numbers that.
    pub encoding: u32,
    /// The body, as it came.
    pub body: &'a [u8],
}

/// A request that is read from the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedRequest {
    /// Where it stands in the log. The first one is 0.
    pub position: u64,
    /// Whose it is, by id.
    pub tenant: String,
    /// When it was stamped, in milliseconds since the Unix epoch.
    pub stamp_unix_milliseconds: i64,
    /// How the body is encoded and compressed.
    pub encoding: u32,
    /// The body, as it came.
    pub body: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct Header {
    #[prost(uint64, tag = "1")]
    position: u64,
    #[prost(string, tag = "2")]
    tenant: String,
    #[prost(sint64, tag = "3")]
    stamp_unix_milliseconds: i64,
    #[prost(uint32, tag = "4")]
    encoding: u32,
}

/// What stands before the body of a request: its header, after the header's length.
pub fn header(position: u64, request: &Request<'_>) -> Vec<u8> {
    let header = Header {
        position,
        tenant: request.tenant.to_owned(),
        stamp_unix_milliseconds: request.stamp_unix_milliseconds,
        encoding: request.encoding,
    };
    header.encode_length_delimited_to_vec()
}

/// The request that a frame holds; none when it holds none.
pub fn request(frame: &Frame) -> Option<LoggedRequest> {
    let mut rest = frame.payload.as_slice();
    let header = Header::decode_length_delimited(&mut rest).ok()?;
    (frame.kind == REQUEST).then(|| LoggedRequest {
        position: header.position,
        tenant: header.tenant,
        stamp_unix_milliseconds: header.stamp_unix_milliseconds,
        encoding: header.encoding,
        body: rest.to_vec(),
    })
}

/// The position that a frame says its segment begins with; none when it says none.
pub fn start(frame: &Frame) -> Option<u64> {
    let position = frame.payload.as_slice().try_into().ok();
    position.filter(|_| frame.kind == START).map(u64::from_le_bytes)
}
