//! The messages with all their fields.

/// One remote-write request.
#[derive(Clone, PartialEq, prost::Message)]
pub struct WriteRequest {
    /// The series, each with what is new of it.
    #[prost(message, repeated, tag = "1")]
    pub timeseries: Vec<TimeSeries>,
    /// What the metrics are, apart from their samples.
    #[prost(message, repeated, tag = "3")]
    pub metadata: Vec<MetricMetadata>,
}

/// What is new of one series.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TimeSeries {
    /// Its labels, `__name__` among them; see [`TimeSeries::label_set`] for what must hold of them.
    #[prost(message, repeated, tag = "1")]
    pub labels: Vec<Label>,
    /// Its samples, oldest first.
    #[prost(message, repeated, tag = "2")]
    pub samples: Vec<Sample>,
    /// Its exemplars, oldest first.
    #[prost(message, repeated, tag = "3")]
    pub exemplars: Vec<Exemplar>,
    /// Its native histograms, oldest first.
    #[prost(message, repeated, tag = "4")]
    pub histograms: Vec<Histogram>,
}

/// A name and its value.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Label {
    /// The name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// The value.
    #[prost(string, tag = "2")]
    pub value: String,
}

/// A value at a time.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Sample {
    /// The value.
    #[prost(double, tag = "1")]
    pub value: f64,
    /// Milliseconds since the Unix epoch.
    #[prost(int64, tag = "2")]
    pub timestamp: i64,
}

/// One observation and what tells where it was made.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Exemplar {
    /// Such as the id of a trace.
    #[prost(message, repeated, tag = "1")]
    pub labels: Vec<Label>,
    /// What was observed.
    #[prost(double, tag = "2")]
    pub value: f64,
    /// Milliseconds since the Unix epoch.
    #[prost(int64, tag = "3")]
    pub timestamp: i64,
}

/// A native histogram at a time.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Histogram {
    /// All observations.
    #[prost(oneof = "Count", tags = "1, 2")]
    pub count: Option<Count>,
    /// The sum of all observations, or the staleness marker.
    #[prost(double, tag = "3")]
    pub sum: f64,
    /// The resolution: each bucket's bound is 2^(2^-schema) times the one before; -53 for custom bounds.
    #[prost(sint32, tag = "4")]
    pub schema: i32,
    /// The largest distance from 0 that is still in the zero bucket.
    #[prost(double, tag = "5")]
    pub zero_threshold: f64,
    /// The observations in the zero bucket.
    #[prost(oneof = "ZeroCount", tags = "6, 7")]
    pub zero_count: Option<ZeroCount>,
    /// Where the buckets of negative observations stand.
    #[prost(message, repeated, tag = "8")]
    pub negative_spans: Vec<BucketSpan>,
    /// Their whole counts, each as the difference to the one before.
    #[prost(sint64, repeated, tag = "9")]
    pub negative_deltas: Vec<i64>,
    /// Their counts as floats.
    #[prost(double, repeated, tag = "10")]
    pub negative_counts: Vec<f64>,
    /// Where the buckets of positive observations stand.
    #[prost(message, repeated, tag = "11")]
    pub positive_spans: Vec<BucketSpan>,
    /// Their whole counts, each as the difference to the one before.
    #[prost(sint64, repeated, tag = "12")]
    pub positive_deltas: Vec<i64>,
    /// Their counts as floats.
    #[prost(double, repeated, tag = "13")]
    pub positive_counts: Vec<f64>,
    /// Whether the counts began anew since the histogram before.
    #[prost(enumeration = "ResetHint", tag = "14")]
    pub reset_hint: i32,
    /// Milliseconds since the Unix epoch.
    #[prost(int64, tag = "15")]
    pub timestamp: i64,
    /// Upper bounds, when the schema says that they are custom.
    #[prost(double, repeated, tag = "16")]
    pub custom_values: Vec<f64>,
}

/// How many observations a histogram has.
#[derive(Clone, Copy, PartialEq, prost::Oneof)]
pub enum Count {
    /// A whole number.
    #[prost(uint64, tag = "1")]
    Whole(u64),
    /// A float, as of a histogram that was calculated.
    #[prost(double, tag = "2")]
    Float(f64),
}

/// How many observations are in the zero bucket.
#[derive(Clone, Copy, PartialEq, prost::Oneof)]
pub enum ZeroCount {
    /// A whole number.
    #[prost(uint64, tag = "6")]
    Whole(u64),
    /// A float, as of a histogram that was calculated.
    #[prost(double, tag = "7")]
    Float(f64),
}

/// Whether a histogram's counts began anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum ResetHint {
    /// To be found out from the counts.
    Unknown = 0,
    /// They did.
    Yes = 1,
    /// They did not.
    No = 2,
    /// They are a gauge's.
    Gauge = 3,
}

/// A run of buckets without gaps.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct BucketSpan {
    /// The first one's index, or how many are left out since the span before.
    #[prost(sint32, tag = "1")]
    pub offset: i32,
    /// How many there are.
    #[prost(uint32, tag = "2")]
    pub length: u32,
}

/// What a metric is.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MetricMetadata {
    /// Its kind.
    #[prost(enumeration = "MetricType", tag = "1")]
    pub r#type: i32,
    /// Its name, without `_bucket`, `_sum` or `_count`.
    #[prost(string, tag = "2")]
    pub metric_family_name: String,
    /// A sentence for people.
    #[prost(string, tag = "4")]
    pub help: String,
    /// Its unit.
    #[prost(string, tag = "5")]
    pub unit: String,
}

/// The kinds of metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum MetricType {
    /// Not known.
    Unknown = 0,
    /// Only ever grows.
    Counter = 1,
    /// Grows and shrinks.
    Gauge = 2,
    /// How observations are spread since the start.
    Histogram = 3,
    /// How observations are spread now.
    GaugeHistogram = 4,
    /// Quantiles.
    Summary = 5,
    /// Labels are all that it tells.
    Info = 6,
    /// Which of several states it is in.
    StateSet = 7,
}
