//! Which processors and parts of them a tenant has on.

/// The processors and subprocessors that a tenant has on (SPEC §2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Processors {
    /// `traces_service_graph_request_total` and `…_request_failed_total`.
    pub service_graphs_request: bool,
    /// The `…_seconds` histograms of service graphs.
    pub service_graphs_latency: bool,
    /// The gauge `traces_service_graph_connection_info`.
    pub service_graphs_connection_info: bool,
    /// `traces_spanmetrics_calls_total`.
    pub span_metrics_count: bool,
    /// The histogram `traces_spanmetrics_latency`.
    pub span_metrics_latency: bool,
    /// `traces_spanmetrics_size_total`.
    pub span_metrics_size: bool,
    /// The gauge `traces_host_info`.
    pub host_info: bool,
}

impl Processors {
    /// Whether any part of service graphs is on, so that halves must be paired.
    #[must_use]
    pub fn any_service_graphs(&self) -> bool {
        self.service_graphs_request || self.service_graphs_latency || self.service_graphs_connection_info
    }

    /// Whether any part of span metrics is on, so that every span counts.
    #[must_use]
    pub fn any_span_metrics(&self) -> bool {
        self.span_metrics_count || self.span_metrics_latency || self.span_metrics_size
    }
}
