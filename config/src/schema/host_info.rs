//! `processor.host_info`, in `metrics_generator` and in `overrides`: read and checked, not built yet.

use serde::Deserialize;

use super::values::{AttributeName, MetricName, UnlessEmpty};

/// `processor.host_info`. Nothing acts on it yet.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HostInfo {
    /// Resource attributes that identify a host, first match first. Default `k8s.node.name, host.id`.
    pub host_identifiers: Option<Vec<AttributeName>>,
    /// The name of the metric. Default `traces_host_info`.
    pub metric_name: Option<UnlessEmpty<MetricName>>,
}
