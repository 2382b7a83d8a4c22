//! `processor.service_graphs`, in `metrics_generator` and in `overrides`.

use std::num::NonZeroUsize;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::filter_policies::FilterPolicy;
use super::values::{AttributeName, Bucket, Dimension, GoDuration, bucket};

/// `processor.service_graphs`; in `overrides` each key that is written wins over the one in `metrics_generator`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServiceGraphs {
    /// How long a half of an edge waits for the other, from the first half on. Default `10s`; raise it when the spans
    /// of one request arrive further apart, at the price of memory.
    pub wait: Option<GoDuration<1>>,
    /// The most edges that wait at one time. Default `10000`; raise it when edges are dropped at peak load.
    #[schemars(extend("unit" = "edges"))]
    pub max_items: Option<NonZeroUsize>,
    /// Upper bounds of the histograms, in any order, each once; `+Inf` is always there. Default `[0.1, 0.2, 0.4, 0.8,
    /// 1.6, 3.2, 6.4, 12.8]`; change them to where your latencies lie. Each bucket is a series more by edge.
    #[serde(serialize_with = "bucket::in_order")]
    #[schemars(extend("unit" = "seconds"))]
    pub histogram_buckets: Option<Vec<Bucket>>,
    /// Attributes that become labels, of the resource before the span. Default `[]`; set it when you ask by them. Each
    /// multiplies the series by its values.
    pub dimensions: Option<Vec<Dimension>>,
    /// Span attributes that name the other side of a half that stays alone; the first that is there counts, even an
    /// empty one, which names nobody. Default `[peer.service, db.name, db.system, db.system.name]`; change it when
    /// yours have other names.
    pub peer_attributes: Option<Vec<AttributeName>>,
    /// Attributes that make a client's span a database call; the first that is there counts. Default `[db.namespace,
    /// db.name, db.system, db.system.name]`; change it when yours have other names.
    pub database_name_attributes: Option<Vec<AttributeName>>,
    /// Dimensions are kept for both sides, as `client_<dimension>` and `server_<dimension>`; else the half that comes
    /// later overwrites. Default `false`; switch it on when the sides differ in them.
    pub enable_client_server_prefix: Option<bool>,
    /// Edges with a side that sent no span carry the label `virtual_node`, which tells the side. Default `false`;
    /// switch it on when you must tell such edges apart.
    pub enable_virtual_node_label: Option<bool>,
    /// The time between producer and consumer becomes a histogram of its own. Default `false`; switch it on when you
    /// use messaging.
    pub enable_messaging_system_latency_histogram: Option<bool>,
    /// An attribute with the sampling ratio, whose inverse weighs an edge. Default `""`, none; set it when
    /// spans are sampled before they come here.
    pub span_multiplier_key: Option<String>,
    /// Weigh edges by the sampling threshold in the trace state. Default `false`; switch it on when samplers
    /// follow OpenTelemetry's probability sampling.
    pub enable_tracestate_span_multiplier: Option<bool>,
    /// Which halves take part; with none, all do. Default `[]`; set it when some spans are noise.
    pub filter_policies: Option<Vec<FilterPolicy>>,
}
