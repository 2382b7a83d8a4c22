//! What the manifest says, as protobuf: a field that is not known is passed over, so fields can be added.

use prost::Message;

/// One atomic change of the image. A snapshot is a change of the empty image.
#[derive(Clone, PartialEq, Message)]
pub struct Change {
    #[prost(message, optional, tag = "1")]
    pub epoch: Option<EpochRecord>,
    /// Segments that are new or have grown. They come before what lies in them.
    #[prost(message, repeated, tag = "2")]
    pub segments: Vec<SegmentRecord>,
    #[prost(message, repeated, tag = "3")]
    pub blocks: Vec<BlockRecord>,
    /// Blocks that are removed; their places say nothing.
    #[prost(message, repeated, tag = "4")]
    pub removed_blocks: Vec<BlockRecord>,
    #[prost(message, repeated, tag = "5")]
    pub samples: Vec<SamplesRecord>,
    /// Batches that were rewritten to another place.
    #[prost(message, repeated, tag = "6")]
    pub moved_samples: Vec<SamplesRecord>,
    #[prost(message, repeated, tag = "7")]
    pub taken: Vec<TakenRecord>,
    #[prost(uint64, repeated, tag = "8")]
    pub removed_segments: Vec<u64>,
    /// The number of the next batch of samples; 0 where it is as before.
    #[prost(uint64, tag = "9")]
    pub next_batch: u64,
    /// The number of the next segment; 0 where it is as before.
    #[prost(uint64, tag = "10")]
    pub next_segment: u64,
}

#[derive(Clone, PartialEq, Message)]
pub struct EpochRecord {
    #[prost(uint64, tag = "1")]
    pub number: u64,
    #[prost(sint64, tag = "2")]
    pub cut_unix_milliseconds: i64,
    #[prost(uint32, tag = "3")]
    pub content_version: u32,
    #[prost(message, repeated, tag = "4")]
    pub positions: Vec<PositionRecord>,
}

#[derive(Clone, PartialEq, Message)]
pub struct PositionRecord {
    #[prost(string, tag = "1")]
    pub source: String,
    #[prost(uint32, tag = "2")]
    pub partition: u32,
    #[prost(uint64, tag = "3")]
    pub offset: u64,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub struct SegmentRecord {
    #[prost(uint64, tag = "1")]
    pub number: u64,
    #[prost(fixed64, tag = "2")]
    pub salt: u64,
    #[prost(uint64, tag = "3")]
    pub bytes: u64,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub struct PlaceRecord {
    #[prost(uint64, tag = "1")]
    pub segment: u64,
    #[prost(uint64, tag = "2")]
    pub offset: u64,
    #[prost(uint64, tag = "3")]
    pub bytes: u64,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub struct TenantRecord {
    #[prost(fixed64, tag = "1")]
    pub high: u64,
    #[prost(fixed64, tag = "2")]
    pub low: u64,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub struct BlockRecord {
    #[prost(message, required, tag = "1")]
    pub tenant: TenantRecord,
    #[prost(uint32, tag = "2")]
    pub table: u32,
    #[prost(uint32, tag = "3")]
    pub block: u32,
    #[prost(message, required, tag = "4")]
    pub place: PlaceRecord,
}

#[derive(Clone, PartialEq, Message)]
pub struct EndpointRecord {
    #[prost(message, required, tag = "1")]
    pub tenant: TenantRecord,
    #[prost(string, tag = "2")]
    pub name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct SamplesRecord {
    #[prost(message, required, tag = "1")]
    pub endpoint: EndpointRecord,
    #[prost(uint64, tag = "2")]
    pub number: u64,
    #[prost(sint64, tag = "3")]
    pub cut_unix_milliseconds: i64,
    #[prost(uint64, tag = "4")]
    pub samples: u64,
    #[prost(message, required, tag = "5")]
    pub place: PlaceRecord,
}

/// The batches of an endpoint up to a number, that one too, are of no use any more.
#[derive(Clone, PartialEq, Message)]
pub struct TakenRecord {
    #[prost(message, required, tag = "1")]
    pub endpoint: EndpointRecord,
    #[prost(uint64, tag = "2")]
    pub up_to: u64,
}
