//! Keeps the series of a tenant and collects them: the registry, and the actor that owns it.

mod actor;
mod collecting;
#[cfg(test)]
mod decoded;
mod describe;
mod durable;
mod exposition;
mod histograms;
mod labels;
mod limits;
mod lookup;
mod processors;
mod registry;
mod series;

#[cfg(test)]
pub use actor::BusyForTest;
pub use actor::describing::{DescribeCardinality, DescribeGraph, DescribeService, ExposeSlice};
pub use actor::{
    Aggregator, AggregatorParts, CollectSeries, CountEdges, DrainAggregator, EndAggregator, FreezeSeries,
    FrozenSeries, Reconfigure,
};
pub use collecting::Collection;
pub use describe::{
    CardinalityDescription, DimensionDescription, EdgeDescription, GraphDescription, LabelDescription,
    LatencyDescription, LimitDescription, MOST_RANKED, MOST_SPAN_SETS, MetricDescription, ServiceDescription,
    ServiceSeriesDescription, SpanSetDescription,
};
pub use durable::{Flaw, RegistryImage, RegistryLoader, RestoreError, RestoredSeries};
pub use exposition::{Exposition, ExpositionFormat};
pub use labels::DimensionSetting;
pub use limits::LabelDemand;
pub use processors::{FrozenSpanNames, MOST_NAME_BYTES, SpanNames, SpanNamesFlaw};
pub use registry::{Applied, ConnectionCounts, Registry, RegistryStats};
pub use series::SeriesCounts;
