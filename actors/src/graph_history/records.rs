//! What is in the block of a reading, as protobuf: a field that is not known is passed over, so fields can be added.

use prost::Message;

/// The service graph as it was read at one moment. Texts and bounds are named by their places in the lists of them.
#[derive(Clone, PartialEq, Message)]
pub struct ReadingRecord {
    #[prost(sint64, tag = "1")]
    pub taken_unix_milliseconds: i64,
    #[prost(string, repeated, tag = "2")]
    pub texts: Vec<String>,
    #[prost(message, repeated, tag = "3")]
    pub bounds: Vec<BoundsRecord>,
    #[prost(message, repeated, tag = "4")]
    pub edges: Vec<EdgeRecord>,
    #[prost(message, repeated, tag = "5")]
    pub services: Vec<ServiceRecord>,
    #[prost(uint64, tag = "6")]
    pub limited_updates: u64,
}

/// Upper bounds of buckets.
#[derive(Clone, PartialEq, Message)]
pub struct BoundsRecord {
    #[prost(double, repeated, tag = "1")]
    pub seconds: Vec<f64>,
}

/// The calls of one label set.
#[derive(Clone, PartialEq, Message)]
pub struct EdgeRecord {
    #[prost(uint32, tag = "1")]
    pub client: u32,
    #[prost(uint32, tag = "2")]
    pub server: u32,
    #[prost(uint32, tag = "3")]
    pub connection_type: u32,
    #[prost(uint32, optional, tag = "4")]
    pub virtual_node: Option<u32>,
    /// A name and a value, one after the other.
    #[prost(uint32, repeated, tag = "5")]
    pub dimensions: Vec<u32>,
    #[prost(double, tag = "6")]
    pub calls: f64,
    #[prost(double, tag = "7")]
    pub failed: f64,
    #[prost(message, optional, tag = "8")]
    pub server_latency: Option<LatencyRecord>,
    #[prost(message, optional, tag = "9")]
    pub client_latency: Option<LatencyRecord>,
    #[prost(sint64, tag = "10")]
    pub updated_unix_milliseconds: i64,
}

/// The spans of one service.
#[derive(Clone, PartialEq, Message)]
pub struct ServiceRecord {
    #[prost(uint32, tag = "1")]
    pub service: u32,
    #[prost(uint32, optional, tag = "2")]
    pub namespace: Option<u32>,
    #[prost(double, tag = "3")]
    pub served: f64,
    #[prost(double, tag = "4")]
    pub served_failed: f64,
    #[prost(double, tag = "5")]
    pub spans: f64,
}

/// A histogram of seconds.
#[derive(Clone, PartialEq, Message)]
pub struct LatencyRecord {
    #[prost(uint32, tag = "1")]
    pub bounds: u32,
    /// The weight of what is not above each bound.
    #[prost(double, repeated, tag = "2")]
    pub cumulative: Vec<f64>,
    #[prost(double, tag = "3")]
    pub sum: f64,
}
