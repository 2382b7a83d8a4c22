//! Tells the pages what a tenant's series say, without a walk over all of them.

mod bit_set;
mod calls;
mod cardinality;
mod graph;
mod latency;
mod spans;

pub use self::cardinality::{
    CardinalityDescription, DimensionDescription, LabelDescription, LimitDescription, MOST_RANKED,
    MetricDescription, ServiceSeriesDescription,
};
pub use self::graph::{
    EdgeDescription, GraphDescription, LatencyDescription, ServiceDescription, SpanSetDescription,
};
use super::registry::Registry;

impl Registry {
    /// The graph that the series tell of now, in milliseconds since the Unix epoch.
    ///
    /// Walks the rows of the service graph's families and the keys of span metrics, whose numbers are compared
    /// instead of their texts.
    #[must_use]
    pub fn describe_graph(&self, now_unix_milliseconds: i64) -> GraphDescription {
        GraphDescription {
            taken_unix_milliseconds: now_unix_milliseconds,
            edges: calls::describe(&self.service_graphs, &self.store),
            services: spans::describe_services(&self.span_metrics, &self.store),
            limited_updates: self.store.counts().limited_updates,
        }
    }

    /// The label sets of the spans of `service`, those with the most spans first, [`MOST_SPAN_SETS`] at most.
    #[must_use]
    pub fn describe_service(&self, service: &str) -> Vec<SpanSetDescription> {
        spans::describe_service(&self.span_metrics, &self.store, service)
    }
}

/// How many label sets of one service are told of.
pub const MOST_SPAN_SETS: usize = 200;

#[cfg(test)]
mod tests;
