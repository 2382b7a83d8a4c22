//! `processor.service_graphs`, in `metrics_generator` and in `overrides`.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use super::filter_policies::FilterPolicy;
use super::values::{AttributeName, Bucket, Dimension, GoDuration, bucket};

/// `processor.service_graphs`; in `overrides` each key that is written wins over the one in `metrics_generator`.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServiceGraphs {
    /// How long a half of an edge waits for the other. Default `10s`; raise it when the spans of one request
    /// arrive further apart, at the price of memory.
    pub wait: Option<GoDuration<1>>,
    /// The most edges that wait at one time. Default `10000`; raise it when edges are dropped at peak load.
    pub max_items: Option<NonZeroUsize>,
    /// Upper bounds of the histograms in seconds, in any order. Default `0.1` doubled up to `12.8`; change
    /// them to where your latencies lie. Each bucket is a series more by edge.
    #[serde(serialize_with = "bucket::in_order")]
    pub histogram_buckets: Option<Vec<Bucket>>,
    /// Attributes that become labels, of the resource before the span. Default none; each multiplies the
    /// series by its values.
    pub dimensions: Option<Vec<Dimension>>,
    /// Span attributes that name the other side of a half that stays alone, first match first. Default
    /// `peer.service, db.name, db.system, db.system.name`.
    pub peer_attributes: Option<Vec<AttributeName>>,
    /// Attributes that make a client's span a database call, first match first. Default
    /// `db.namespace, db.name, db.system, db.system.name`.
    pub database_name_attributes: Option<Vec<AttributeName>>,
    /// Dimensions are kept for both sides, as `client_<dimension>` and `server_<dimension>`. Default `false`:
    /// the half that comes later overwrites.
    pub enable_client_server_prefix: Option<bool>,
    /// Edges with a side that sent no span carry the label `virtual_node`. Default `false`.
    pub enable_virtual_node_label: Option<bool>,
    /// The time between producer and consumer becomes a histogram of its own. Default `false`.
    pub enable_messaging_system_latency_histogram: Option<bool>,
    /// An attribute with the sampling ratio, whose inverse weighs an edge. Default `""`, none; set it when
    /// spans are sampled before they come here.
    pub span_multiplier_key: Option<String>,
    /// Weigh edges by the sampling threshold in the trace state. Default `false`; switch it on when samplers
    /// follow OpenTelemetry's probability sampling.
    pub enable_tracestate_span_multiplier: Option<bool>,
    /// Which halves take part. Default none: all do.
    pub filter_policies: Option<Vec<FilterPolicy>>,
}
