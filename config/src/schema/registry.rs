//! `metrics_generator.registry`: how series are kept, labelled and collected.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::values::{GoDuration, LabelName, UnlessEmpty};

/// `metrics_generator.registry`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Registry {
    /// How often series are collected and sent, at least `100ms`. Default `15s`; change it to the scrape
    /// interval of your other metrics, so that rates over the same windows work.
    pub collection_interval: Option<GoDuration<100>>,
    /// A series that was not updated for this long is removed, and so is a tenant that sent nothing. Default `15m`;
    /// lower it when series are many and short-lived.
    pub stale_duration: Option<GoDuration<1>>,
    /// Labels added to every series; they override a series' own. Default `{}`; set them when several sources write to
    /// one store.
    pub external_labels: BTreeMap<LabelName, String>,
    /// The label that carries the tenant's id; `""` is none. Default `""`; set it when all tenants are written to one
    /// store.
    pub inject_tenant_id_as: Option<UnlessEmpty<LabelName>>,
    /// Label names are cut to this many; `0` is no limit but that of 16 KiB. Default `1024`; change it to the store's limit.
    #[schemars(extend("unit" = "bytes"))]
    pub max_label_name_length: Option<usize>,
    /// Label values are cut to this many; `0` is no limit but that of 16 KiB. Default `2048`; change it to the store's limit.
    #[schemars(extend("unit" = "bytes"))]
    pub max_label_value_length: Option<usize>,
}
