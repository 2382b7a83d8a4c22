//! What is in the blocks of a registry, as protobuf: a field that is not known is passed over, so fields can be added.

use prost::Message;

/// What there is once.
#[derive(Clone, PartialEq, Message)]
pub struct BooksRecord {
    #[prost(message, optional, tag = "1")]
    pub rules: Option<RulesRecord>,
    /// Their rows are in the tables from the first table of rows on, in this order.
    #[prost(message, repeated, tag = "2")]
    pub families: Vec<FamilyRecord>,
    #[prost(uint32, tag = "3")]
    pub next_collection: u32,
    #[prost(sint64, optional, tag = "4")]
    pub last_collected_unix_milliseconds: Option<i64>,
    #[prost(sint64, optional, tag = "5")]
    pub seeds_from_unix_milliseconds: Option<i64>,
    #[prost(message, repeated, tag = "6")]
    pub labels: Vec<LabelRecord>,
    /// How the values of labels are counted; none when they have no limit.
    #[prost(message, optional, tag = "7")]
    pub label_counting: Option<LabelCountingRecord>,
}

/// How the values of labels are counted.
#[derive(Clone, PartialEq, Message)]
pub struct LabelCountingRecord {
    /// The key that they are hashed by: two numbers.
    #[prost(fixed64, repeated, tag = "1")]
    pub key: Vec<u64>,
    #[prost(sint64, optional, tag = "2")]
    pub checked_unix_milliseconds: Option<i64>,
    #[prost(sint64, optional, tag = "3")]
    pub period_begun_unix_milliseconds: Option<i64>,
}

/// What every label set was made by.
#[derive(Clone, PartialEq, Message)]
pub struct RulesRecord {
    #[prost(uint64, tag = "1")]
    pub max_name_bytes: u64,
    #[prost(uint64, tag = "2")]
    pub max_value_bytes: u64,
    #[prost(message, repeated, tag = "3")]
    pub added: Vec<PairRecord>,
}

#[derive(Clone, PartialEq, Message)]
pub struct PairRecord {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub value: String,
}

/// One family: what series of other settings are compared with.
#[derive(Clone, PartialEq, Message)]
pub struct FamilyRecord {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(enumeration = "KindRecord", tag = "2")]
    pub kind: i32,
    #[prost(double, repeated, tag = "3")]
    pub bounds: Vec<f64>,
    #[prost(message, optional, tag = "4")]
    pub histogram: Option<HistogramRecord>,
    #[prost(string, repeated, tag = "5")]
    pub label_names: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
pub enum KindRecord {
    Unknown = 0,
    Counter = 1,
    Gauge = 2,
    ClassicHistogram = 3,
    NativeHistogram = 4,
    BothHistograms = 5,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub struct HistogramRecord {
    #[prost(double, tag = "1")]
    pub native_bucket_factor: f64,
    #[prost(uint64, tag = "2")]
    pub native_max_bucket_number: u64,
    #[prost(uint64, tag = "3")]
    pub native_min_reset_nanoseconds: u64,
}

/// A label with a limit on its values.
#[derive(Clone, PartialEq, Message)]
pub struct LabelRecord {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(bool, tag = "2")]
    pub is_over: bool,
    #[prost(uint64, tag = "3")]
    pub limited_updates: u64,
    /// The registers of the sketch of this period's values, or none.
    #[prost(bytes = "vec", tag = "4")]
    pub current: Vec<u8>,
    /// And of those of the period before.
    #[prost(bytes = "vec", tag = "5")]
    pub previous: Vec<u8>,
}

/// Label sets, and the empty places between them.
#[derive(Clone, PartialEq, Message)]
pub struct LabelSetsRecord {
    /// The labels of all of them, one after the other.
    #[prost(bytes = "vec", tag = "1")]
    pub labels: Vec<u8>,
    #[prost(uint32, repeated, tag = "2")]
    pub lengths: Vec<u32>,
    /// Where the metric's name goes.
    #[prost(uint32, repeated, tag = "3")]
    pub names_at: Vec<u32>,
    /// Where a bucket's bound goes.
    #[prost(uint32, repeated, tag = "4")]
    pub bounds_at: Vec<u32>,
    /// 0 an empty place, 1 a label set, 2 one that gathers what limits turn away.
    #[prost(bytes = "vec", tag = "5")]
    pub uses: Vec<u8>,
}

/// Removed series, and when they were last sent.
#[derive(Clone, PartialEq, Message)]
pub struct TombstonesRecord {
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub labels: Vec<Vec<u8>>,
    #[prost(uint32, repeated, tag = "2")]
    pub families: Vec<u32>,
    #[prost(sint64, repeated, tag = "3")]
    pub last_sent_unix_milliseconds: Vec<i64>,
}

/// Rows of one family.
#[derive(Clone, PartialEq, Message)]
pub struct RowsRecord {
    #[prost(sint64, repeated, tag = "1")]
    pub updated_unix_milliseconds: Vec<i64>,
    #[prost(uint32, repeated, tag = "2")]
    pub label_sets: Vec<u32>,
    #[prost(uint32, repeated, tag = "3")]
    pub born: Vec<u32>,
    /// Of a counter or gauge its value, of a classic histogram its sum and the weights of its buckets.
    #[prost(double, repeated, tag = "4")]
    pub values: Vec<f64>,
    /// Those of classic histograms, by place: the row times the number of buckets, and the bucket.
    #[prost(message, optional, tag = "5")]
    pub exemplars: Option<ExemplarsRecord>,
    #[prost(message, repeated, tag = "6")]
    pub natives: Vec<NativeRecord>,
}

/// Exemplars, each at a place; those that are not there are left out.
#[derive(Clone, PartialEq, Message)]
pub struct ExemplarsRecord {
    #[prost(sint32, repeated, tag = "1")]
    pub places: Vec<i32>,
    /// 16 bytes each.
    #[prost(bytes = "vec", tag = "2")]
    pub trace_ids: Vec<u8>,
    #[prost(double, repeated, tag = "3")]
    pub seconds: Vec<f64>,
    #[prost(fixed64, repeated, tag = "4")]
    pub stamps: Vec<u64>,
}

/// One native histogram.
#[derive(Clone, PartialEq, Message)]
pub struct NativeRecord {
    #[prost(sint32, tag = "1")]
    pub schema: i32,
    #[prost(uint64, tag = "2")]
    pub count: u64,
    #[prost(uint64, tag = "3")]
    pub zero_count: u64,
    #[prost(double, tag = "4")]
    pub sum: f64,
    #[prost(sint64, tag = "5")]
    pub begun_unix_milliseconds: i64,
    #[prost(sint32, repeated, tag = "6")]
    pub indexes: Vec<i32>,
    #[prost(uint64, repeated, tag = "7")]
    pub counts: Vec<u64>,
    /// By bucket.
    #[prost(message, optional, tag = "8")]
    pub exemplars: Option<ExemplarsRecord>,
}
