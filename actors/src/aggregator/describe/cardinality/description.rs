//! How many series a tenant has at one moment, and what they come from.

use spangraph_config::Limiter;

use crate::aggregator::labels::DimensionSetting;
use crate::aggregator::limits::LabelDemand;

/// What a tenant's series come from, and what limits did to them.
///
/// Label values are counted in the keys of service graphs and span metrics, as they are before
/// `max_label_value_length` cuts them and external labels hide them; labels of `traces_target_info` and of hosts
/// are not counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CardinalityDescription {
    /// When it was taken, in milliseconds since the Unix epoch.
    pub taken_unix_milliseconds: i64,
    /// Series that exist now, those of the overflow included.
    pub active_series: usize,
    /// Label sets (entities) that exist now.
    pub label_sets: usize,
    /// Series that were ever created.
    pub created_series: u64,
    /// Series that were removed because they were not updated.
    pub removed_series: u64,
    /// The limit on series or label sets.
    pub limit: LimitDescription,
    /// The most values that a label may have; 0 means no limit.
    pub max_cardinality_per_label: usize,
    /// Updates that the limit on series or label sets turned away to the overflow, ever.
    pub limited_updates: u64,
    /// Patterns of span names; 0 when names are left as they are.
    pub span_name_patterns: usize,
    /// Labels whose values were taken together, most limited updates first.
    pub limited_labels: Vec<LabelDemand>,
    /// Metrics by series.
    pub metrics: Vec<MetricDescription>,
    /// Labels by values.
    pub labels: Vec<LabelDescription>,
    /// Labels that the settings ask for, by values.
    pub dimensions: Vec<DimensionDescription>,
    /// Services by series.
    pub services: Vec<ServiceSeriesDescription>,
}

/// How much of the limit on series or label sets is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitDescription {
    /// What is limited.
    pub limiter: Limiter,
    /// How many of those there are, without the overflow.
    pub used: usize,
    /// How many there would be without a limit, estimated (1.6 % standard error of those turned away).
    pub demanded: usize,
}

/// The series of one metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricDescription {
    /// The metric's name; a histogram's without its suffixes.
    pub metric: String,
    /// Label sets that it has series of.
    pub label_sets: usize,
    /// Its series: those of a classic histogram are its buckets, sum and count.
    pub series: usize,
}

/// The values of one label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelDescription {
    /// The label's name.
    pub name: String,
    /// Distinct values that it has now; no value counts for none.
    pub values: usize,
    /// Values that it has or would have without a limit, estimated; `None` without a limit.
    pub demanded_values: Option<usize>,
    /// Its values are taken together now.
    pub is_over: bool,
}

/// The values of one label that the settings ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DimensionDescription {
    /// The label's name.
    pub label: String,
    /// The attribute or the mapping, as the settings name it.
    pub configured: String,
    /// The setting that names it.
    pub setting: DimensionSetting,
    /// Distinct values that it has now in the metrics of that setting.
    pub values: usize,
    /// Label sets of the metrics of that setting.
    pub label_sets: usize,
    /// Label sets that there would be without this label, estimated (1.6 % standard error), never above `label_sets`.
    pub label_sets_without: usize,
}

/// The series of one service: those of its calls as the client, and those of its spans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceSeriesDescription {
    /// The label `client` of service graphs, `service` of span metrics.
    pub service: String,
    /// Its series.
    pub series: usize,
    /// Its label sets.
    pub label_sets: usize,
}

impl Default for LimitDescription {
    fn default() -> Self {
        Self {
            limiter: Limiter::Series(0),
            used: 0,
            demanded: 0,
        }
    }
}
