//! The pipeline's own metrics, under the prefix `spangraph_`.

mod actors;
mod forget;
mod missed_ticks;
mod tenant;

use std::sync::Arc;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use spangraph_config::TenantId;

pub use self::missed_ticks::MissedTicks;
use self::tenant::LabelLabels;
pub use self::tenant::{
    DiscardedMetrics, HalfEdgeMetrics, ImpossibleDurationMetrics, LabelMetrics, LimitedRequestMetrics,
    MeasuredSpanMetrics, TenantMetrics,
};
use crate::activity::ActorMeters;
use crate::half_edge::{Connection, EdgeKind};

/// Labels of a metric that each tenant has once.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TenantLabels {
    tenant: String,
}

/// Labels of a metric that each tenant has once for each reason, outcome or kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabels {
    tenant: String,
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    tenant: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ConnectionLabels {
    tenant: String,
    connection_type: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabels {
    tenant: String,
    span_kind: &'static str,
}

/// How long collections take; a histogram has no default buckets.
#[derive(Clone, Debug)]
struct CollectSeconds(Family<TenantLabels, Histogram, fn() -> Histogram>);

/// Every metric of the pipeline; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct PipelineMetrics {
    bytes_received: Family<TenantLabels, Counter>,
    requests_limited: Family<ReasonLabels, Counter>,
    spans_received: Family<TenantLabels, Counter>,
    spans_rejected: Family<TenantLabels, Counter>,
    spans_discarded: Family<ReasonLabels, Counter>,
    impossible_durations: Family<ReasonLabels, Counter>,
    measured_spans: Family<OutcomeLabels, Counter>,
    resource_info_dropped: Family<TenantLabels, Counter>,
    half_edges: Family<OutcomeLabels, Counter>,
    pending_half_edges: Family<TenantLabels, Gauge>,
    pending_edges: Family<TenantLabels, Gauge>,
    pending_text_bytes: Family<TenantLabels, Gauge>,
    edges: Family<ConnectionLabels, Counter>,
    edges_expired: Family<KindLabels, Counter>,
    edges_dropped: Family<TenantLabels, Counter>,
    active_series: Family<TenantLabels, Gauge>,
    active_entities: Family<TenantLabels, Gauge>,
    span_name_patterns: Family<TenantLabels, Gauge>,
    demanded_series: Family<TenantLabels, Gauge>,
    demanded_entities: Family<TenantLabels, Gauge>,
    limited_updates: Family<TenantLabels, Counter>,
    label_limited_updates: Family<LabelLabels, Counter>,
    label_demanded_values: Family<LabelLabels, Gauge>,
    series_created: Family<TenantLabels, Counter>,
    series_removed: Family<TenantLabels, Counter>,
    collections: Family<TenantLabels, Counter>,
    collect_seconds: CollectSeconds,
    /// What the actors do.
    pub actors: ActorMeters,
    /// What the timer could not tell them in time.
    pub missed_ticks: MissedTicks,
}

impl PipelineMetrics {
    /// Registers every metric in `registry`.
    pub fn register(&self, registry: &mut Registry) {
        self.register_requests(registry);
        self.register_spans(registry);
        self.register_edges(registry);
        self.register_series(registry);
        self.register_demand(registry);
        actors::register(&self.actors, registry);
        self.missed_ticks.register(registry);
    }

    /// The handles of `tenant`.
    #[must_use]
    pub fn tenant(&self, tenant: &TenantId) -> TenantMetrics {
        let labels = || TenantLabels {
            tenant: tenant.to_string(),
        };
        TenantMetrics {
            bytes_received: self.bytes_received.get_or_create_owned(&labels()),
            requests_limited: self.requests_limited(tenant),
            spans_received: self.spans_received.get_or_create_owned(&labels()),
            spans_rejected: self.spans_rejected.get_or_create_owned(&labels()),
            discarded: self.discarded(tenant),
            impossible_durations: self.impossible_durations(tenant),
            measured_spans: self.measured_spans(tenant),
            resource_info_dropped: self.resource_info_dropped.get_or_create_owned(&labels()),
            halves: self.halves(tenant),
            pending_half_edges: self.pending_half_edges.get_or_create_owned(&labels()),
            pending_edges: self.pending_edges.get_or_create_owned(&labels()),
            pending_text_bytes: self.pending_text_bytes.get_or_create_owned(&labels()),
            edges: Connection::ALL.map(|connection| self.edges_by(tenant, connection)),
            edges_expired: EdgeKind::ALL.map(|kind| self.expired_by(tenant, kind)),
            edges_dropped: self.edges_dropped.get_or_create_owned(&labels()),
            active_series: self.active_series.get_or_create_owned(&labels()),
            active_entities: self.active_entities.get_or_create_owned(&labels()),
            span_name_patterns: self.span_name_patterns.get_or_create_owned(&labels()),
            demanded_series: self.demanded_series.get_or_create_owned(&labels()),
            demanded_entities: self.demanded_entities.get_or_create_owned(&labels()),
            limited_updates: self.limited_updates.get_or_create_owned(&labels()),
            labels: LabelMetrics {
                tenant: tenant.to_string(),
                limited_updates: self.label_limited_updates.clone(),
                demanded_values: self.label_demanded_values.clone(),
                known: Arc::default(),
            },
            series_created: self.series_created.get_or_create_owned(&labels()),
            series_removed: self.series_removed.get_or_create_owned(&labels()),
            collections: self.collections.get_or_create_owned(&labels()),
            collect_seconds: self.collect_seconds.0.get_or_create_owned(&labels()),
        }
    }

    fn requests_limited(&self, tenant: &TenantId) -> LimitedRequestMetrics {
        let by = |reason| {
            self.requests_limited.get_or_create_owned(&ReasonLabels {
                tenant: tenant.to_string(),
                reason,
            })
        };
        LimitedRequestMetrics {
            rate_limited: by("rate_limited"),
            larger_than_burst: by("larger_than_burst"),
        }
    }

    fn discarded(&self, tenant: &TenantId) -> DiscardedMetrics {
        let by = |reason| {
            self.spans_discarded.get_or_create_owned(&ReasonLabels {
                tenant: tenant.to_string(),
                reason,
            })
        };
        DiscardedMetrics {
            too_old: by("too_old"),
            too_new: by("too_new"),
            not_an_edge_half: by("not_an_edge_half"),
            no_service_name: by("no_service_name"),
            invalid_utf8: by("invalid_utf8"),
            no_processor: by("no_processor"),
            no_generate_metrics: by("no_generate_metrics"),
            filtered_root: by("filtered_root"),
            too_much_text: by("too_much_text"),
        }
    }

    fn impossible_durations(&self, tenant: &TenantId) -> ImpossibleDurationMetrics {
        let by = |reason| {
            self.impossible_durations.get_or_create_owned(&ReasonLabels {
                tenant: tenant.to_string(),
                reason,
            })
        };
        ImpossibleDurationMetrics {
            no_start: by("no_start"),
            too_long: by("too_long"),
        }
    }

    fn measured_spans(&self, tenant: &TenantId) -> MeasuredSpanMetrics {
        let by = |outcome| {
            self.measured_spans.get_or_create_owned(&OutcomeLabels {
                tenant: tenant.to_string(),
                outcome,
            })
        };
        MeasuredSpanMetrics {
            updated: by("updated"),
            filtered: by("filtered"),
            invalid_utf8: by("invalid_utf8"),
            too_much_text: by("too_much_text"),
        }
    }

    fn halves(&self, tenant: &TenantId) -> HalfEdgeMetrics {
        let by = |outcome| {
            self.half_edges.get_or_create_owned(&OutcomeLabels {
                tenant: tenant.to_string(),
                outcome,
            })
        };
        HalfEdgeMetrics {
            paired: by("paired"),
            virtual_node: by("virtual_node"),
            expired: by("expired"),
            dropped_full: by("dropped_full"),
            dropped_filtered: by("dropped_filtered"),
        }
    }

    fn edges_by(&self, tenant: &TenantId, connection: Connection) -> Counter {
        let connection_type = connection.metric_name();
        self.edges.get_or_create_owned(&ConnectionLabels {
            tenant: tenant.to_string(),
            connection_type,
        })
    }

    fn expired_by(&self, tenant: &TenantId, kind: EdgeKind) -> Counter {
        let span_kind = kind.as_str();
        self.edges_expired.get_or_create_owned(&KindLabels {
            tenant: tenant.to_string(),
            span_kind,
        })
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
}

impl Default for CollectSeconds {
    fn default() -> Self {
        Self(Family::new_with_constructor(|| {
            Histogram::new(exponential_buckets(1e-4, 10.0, 7))
        }))
    }
}
