//! How halves of edges become edges.

use std::time::Duration;

use super::FilterPolicy;

/// How halves of edges become edges (SPEC §2).
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceGraphsSettings {
    /// How long a half waits for the other, from the first half on.
    pub wait: Duration,
    /// The most edges that wait at one time.
    pub max_items: usize,
    /// The most bytes that the texts of edges that wait may take (`spangraph.matcher.max_text_bytes`).
    pub max_text_bytes: usize,
    /// Upper bounds of the classic histograms in seconds, ascending, without `+Inf`.
    pub histogram_buckets: Vec<f64>,
    /// Attributes that become labels, as written in the file (not yet sanitised).
    pub dimensions: Vec<String>,
    /// Span attributes that name the other side of a half that stays alone, in order of precedence.
    pub peer_attributes: Vec<String>,
    /// Attributes that make a client's span a database call, in order of precedence.
    pub database_name_attributes: Vec<String>,
    /// Dimensions are kept for both sides, as `client_<dimension>` and `server_<dimension>`.
    pub enable_client_server_prefix: bool,
    /// Virtual edges carry the label `virtual_node`.
    pub enable_virtual_node_label: bool,
    /// The time between producer and consumer is a histogram of its own.
    pub enable_messaging_system_latency_histogram: bool,
    /// The attribute whose inverse weighs an edge.
    pub span_multiplier_key: Option<String>,
    /// Weigh by OpenTelemetry's sampling threshold in the trace state (SPEC §5).
    pub enable_tracestate_span_multiplier: bool,
    /// Which halves take part (SPEC §6).
    pub filter_policies: Vec<FilterPolicy>,
}

impl Default for ServiceGraphsSettings {
    fn default() -> Self {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        Self {
            wait: Duration::from_secs(10),
            max_items: 10_000,
            max_text_bytes: 64 * 1024 * 1024,
            histogram_buckets: vec![0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8],
            dimensions: Vec::new(),
            peer_attributes: texts(&["peer.service", "db.name", "db.system", "db.system.name"]),
            database_name_attributes: texts(&["db.namespace", "db.name", "db.system", "db.system.name"]),
            enable_client_server_prefix: false,
            enable_virtual_node_label: false,
            enable_messaging_system_latency_histogram: false,
            span_multiplier_key: None,
            enable_tracestate_span_multiplier: false,
            filter_policies: Vec::new(),
        }
    }
}
