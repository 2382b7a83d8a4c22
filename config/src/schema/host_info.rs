//! `processor.host_info`, in `metrics_generator` and in `overrides`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::values::{AttributeName, MetricName, UnlessEmpty};

/// `processor.host_info`; in `overrides` each key that is written wins over the one in `metrics_generator`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct HostInfo {
    /// Resource attributes that identify a host, first match first. Default `[k8s.node.name, host.id]`; change it when
    /// yours have other names.
    pub host_identifiers: Option<Vec<AttributeName>>,
    /// The name of the metric. Default `traces_host_info`; change it when another source uses it.
    pub metric_name: Option<UnlessEmpty<MetricName>>,
}
