//! The service graph of one tenant at one moment, as the pages show it.

use std::sync::Arc;

/// Every call and every service that a tenant's series tell of.
///
/// Values are those of the series: they only grow while a series lives, and begin anew when it was removed and
/// comes back. A rate is the difference of two descriptions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GraphDescription {
    /// When it was taken, in milliseconds since the Unix epoch.
    pub taken_unix_milliseconds: i64,
    /// One for each label set of the service graph's families.
    pub edges: Vec<EdgeDescription>,
    /// One for each service that span metrics tell of; empty when they are off.
    pub services: Vec<ServiceDescription>,
    /// Updates that limits turned away to the overflow series: with any, the graph is not whole.
    pub limited_updates: u64,
}

/// The calls of one label set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EdgeDescription {
    /// The label `client`.
    pub client: String,
    /// The label `server`.
    pub server: String,
    /// The label `connection_type`: empty, `messaging_system`, `database` or `virtual_node`.
    pub connection_type: String,
    /// The label `virtual_node`, `client` or `server`; `None` when the tenant does not have that label on
    /// and no dimension of that name.
    pub virtual_node: Option<String>,
    /// All other labels that edges have, in the order of their names: dimensions and external labels.
    pub dimensions: Vec<(String, String)>,
    /// `request_total`; 0 when that family is off.
    pub calls: f64,
    /// `request_failed_total`.
    pub failed: f64,
    /// `request_server_seconds`.
    pub server_latency: Option<LatencyDescription>,
    /// `request_client_seconds`.
    pub client_latency: Option<LatencyDescription>,
    /// The last update, in milliseconds since the Unix epoch.
    pub updated_unix_milliseconds: i64,
}

/// The spans of one service, those of all its label sets added up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServiceDescription {
    /// The service, as `service` was before external labels and limits on its length.
    pub service: String,
    /// The namespace of one of its label sets, in the label `job` (`namespace/name`) or in a dimension `service_namespace`, where there is one.
    pub namespace: Option<String>,
    /// Spans of kind server or consumer.
    pub served: f64,
    /// Those of `served` with an error status.
    pub served_failed: f64,
    /// Spans of any kind.
    pub spans: f64,
}

/// The spans of one label set of span metrics.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpanSetDescription {
    /// All its labels, in the order of their names.
    pub labels: Vec<(String, String)>,
    /// `calls_total`.
    pub calls: f64,
    /// `latency`.
    pub latency: Option<LatencyDescription>,
}

/// A histogram of seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct LatencyDescription {
    /// Upper bounds in seconds, ascending, the last one `+Inf`.
    pub bounds: Arc<[f64]>,
    /// The weight of what is not above each bound, as many as there are bounds.
    pub cumulative: Vec<f64>,
    /// The sum of all, in seconds.
    pub sum: f64,
}
