//! The names and the help texts of the pipeline's metrics.

use prometheus_client::registry::Registry;

use super::{PipelineMetrics, actors};

impl PipelineMetrics {
    /// Registers every metric in `registry`.
    pub fn register(&self, registry: &mut Registry) {
        self.register_requests(registry);
        self.register_spans(registry);
        self.register_edges(registry);
        self.register_series(registry);
        self.register_demand(registry);
        actors::register(&self.actors, registry);
        self.clock_steps.register(registry);
        self.missed_ticks.register(registry);
        self.durability.register(registry);
        self.span_log.register(registry);
    }

    fn register_requests(&self, registry: &mut Registry) {
        registry.register(
            "bytes_received",
            "Decompressed bytes of accepted requests",
            self.bytes_received.clone(),
        );
        registry.register(
            "requests_limited",
            "Requests that the tenant's ingestion limit refused whole, by reason",
            self.requests_limited.clone(),
        );
        registry.register(
            "requests_walked_on_arrival",
            "Small requests, walked by the thread that received them instead of an ingest actor",
            self.walked_on_arrival.clone(),
        );
    }

    fn register_spans(&self, registry: &mut Registry) {
        let (received, rejected) = (self.spans_received.clone(), self.spans_rejected.clone());
        registry.register("spans_received", "Spans accepted", received);
        registry.register(
            "spans_rejected",
            "Spans refused as invalid in accepted requests",
            rejected,
        );
        let discarded = self.spans_discarded.clone();
        registry.register(
            "spans_discarded",
            "Spans accepted that make no half-edge, by reason",
            discarded,
        );
        registry.register(
            "spans_impossible_duration",
            "Spans whose duration cannot be and is in no histogram, by reason",
            self.impossible_durations.clone(),
        );
        let (measured, dropped) = (self.measured_spans.clone(), self.resource_info_dropped.clone());
        registry.register(
            "span_metrics_spans",
            "Spans that span metrics looked at, by what became of them",
            measured,
        );
        registry.register(
            "resource_info_dropped",
            "Targets and hosts left out because a text of them cannot be a label",
            dropped,
        );
    }

    fn register_edges(&self, registry: &mut Registry) {
        registry.register(
            "half_edges",
            "Half-edges by what became of them",
            self.half_edges.clone(),
        );
        let (halves, edges) = (self.pending_half_edges.clone(), self.pending_edges.clone());
        registry.register(
            "pending_half_edges",
            "Half-edges that wait for their other half",
            halves,
        );
        registry.register(
            "pending_edges",
            "Edges that wait for a half, bounded by max_items",
            edges,
        );
        registry.register(
            "pending_text_bytes",
            "Bytes that the texts of edges that wait or lately did take, bounded by spangraph.matcher.max_text_bytes",
            self.pending_text_bytes.clone(),
        );
        registry.register("edges", "Edges counted, by connection type", self.edges.clone());
        let (expired, dropped) = (self.edges_expired.clone(), self.edges_dropped.clone());
        registry.register(
            "edges_expired",
            "Edges given up, by the kind of their last half",
            expired,
        );
        registry.register(
            "edges_dropped",
            "Edges not built because a filter policy dropped a half",
            dropped,
        );
    }

    fn register_series(&self, registry: &mut Registry) {
        registry.register("active_series", "Series held", self.active_series.clone());
        registry.register("active_entities", "Label sets held", self.active_entities.clone());
        let (limited, created) = (self.limited_updates.clone(), self.series_created.clone());
        registry.register(
            "limited_updates",
            "Updates that a limit turned away to metric_overflow",
            limited,
        );
        registry.register("series_created", "Series born", created);
        registry.register(
            "series_removed",
            "Series removed as stale",
            self.series_removed.clone(),
        );
        registry.register(
            "collections",
            "Collections of all series of a tenant",
            self.collections.clone(),
        );
        registry.register(
            "collect_seconds",
            "How long a collection takes",
            self.collect_seconds.0.clone(),
        );
    }

    fn register_demand(&self, registry: &mut Registry) {
        let patterns = self.span_name_patterns.clone();
        registry.register(
            "span_name_patterns",
            "Patterns of span names that clustering found",
            patterns,
        );
        let (series, entities) = (self.demanded_series.clone(), self.demanded_entities.clone());
        registry.register(
            "demanded_series",
            "Series that there would be without a limit, estimated",
            series,
        );
        registry.register(
            "demanded_entities",
            "Label sets that there would be without a limit, estimated",
            entities,
        );
        registry.register(
            "label_limited_updates",
            "Updates whose value of a label became __cardinality_overflow__",
            self.label_limited_updates.clone(),
        );
        registry.register(
            "label_demanded_values",
            "Distinct values that a label would have without a limit, estimated",
            self.label_demanded_values.clone(),
        );
    }
}
