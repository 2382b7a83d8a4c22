//! Keeps the series of a tenant and collects them: the registry, and the actor that owns it.

mod actor;
mod collect;
#[cfg(test)]
mod decoded;
mod demand;
mod describe;
mod dimensions;
mod distinct;
mod exemplar;
mod exposition;
mod family;
mod family_id;
mod family_table;
mod histogram;
mod key_table;
mod keys;
mod label_limits;
mod label_rules;
mod label_set;
mod label_sets;
mod lanes;
mod limit_warnings;
mod limits;
mod native_histogram;
mod native_histograms;
mod registry;
mod series_store;
mod service_graphs;
mod span_metrics;
mod span_name_patterns;
mod span_names;
mod symbols;
mod takeover;
mod targets;
mod text_symbols;
mod tombstones;

#[cfg(test)]
pub use actor::BusyForTest;
pub use actor::describing::{DescribeCardinality, DescribeGraph, DescribeService, ExposeSlice};
pub use actor::{
    Aggregator, AggregatorParts, CollectSeries, CountEdges, DrainAggregator, EndAggregator, Reconfigure,
};
pub use collect::Collection;
pub use describe::{
    CardinalitySnapshot, DimensionSnapshot, EdgeSnapshot, GraphSnapshot, LabelSnapshot, LatencySnapshot,
    LimitSnapshot, MOST_RANKED, MOST_SPAN_SETS, MetricSnapshot, ServiceSeriesSnapshot, ServiceSnapshot,
    SpanSetSnapshot,
};
pub use dimensions::DimensionSetting;
pub use exposition::{Exposition, ExpositionFormat};
pub use label_limits::LabelDemand;
pub use registry::{Applied, ConnectionCounts, Registry, RegistryStats};
pub use series_store::SeriesCounts;
pub use span_names::{MOST_NAME_BYTES, SpanNames};
