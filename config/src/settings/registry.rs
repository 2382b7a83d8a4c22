//! How series are kept, labelled, limited and collected.

use std::collections::BTreeMap;
use std::time::Duration;

use super::HistogramSettings;

/// How series are kept, labelled, limited and collected (SPEC §7).
#[derive(Clone, Debug, PartialEq)]
pub struct RegistrySettings {
    /// How often series are collected and sent.
    pub collection_interval: Duration,
    /// A series that was not updated for this long is removed.
    pub stale_duration: Duration,
    /// Labels added to every series; they override a series' own.
    pub external_labels: BTreeMap<String, String>,
    /// The label that carries the tenant's id.
    pub inject_tenant_id_as: Option<String>,
    /// The label that tells instances apart, name and value: `__metrics_gen_instance` = the host's name.
    pub instance_label: Option<(String, String)>,
    /// Label names are cut to this many bytes; 0 means no limit.
    pub max_label_name_length: usize,
    /// Label values are cut to this many bytes; 0 means no limit.
    pub max_label_value_length: usize,
    /// What the limit counts.
    pub limiter: Limiter,
    /// The exemplars' label that carries the trace id.
    pub trace_id_label_name: String,
    /// Which histograms there are.
    pub histograms: HistogramSettings,
    /// The most distinct values a label may have before they become `__cardinality_overflow__`; 0 means no limit.
    pub max_cardinality_per_label: usize,
    /// Whether span names that differ only in ids become one.
    pub span_name_sanitization: SpanNameSanitization,
}

/// What is limited; a limit of 0 means none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limiter {
    /// At most this many series (`max_active_series`).
    Series(usize),
    /// At most this many label sets (`max_active_entities`).
    Entities(usize),
}

/// Whether span names that differ only in ids become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SpanNameSanitization {
    /// Names are left as they are.
    #[default]
    Disabled,
    /// Names are left as they are; how many there would be is a metric.
    DryRun,
    /// Names become patterns.
    Enabled,
}

impl Default for RegistrySettings {
    fn default() -> Self {
        Self {
            collection_interval: Duration::from_secs(15),
            stale_duration: Duration::from_secs(15 * 60),
            external_labels: BTreeMap::new(),
            inject_tenant_id_as: None,
            instance_label: None,
            max_label_name_length: 1024,
            max_label_value_length: 2048,
            limiter: Limiter::Series(0),
            trace_id_label_name: "traceID".to_owned(),
            histograms: HistogramSettings::default(),
            max_cardinality_per_label: 0,
            span_name_sanitization: SpanNameSanitization::Disabled,
        }
    }
}
