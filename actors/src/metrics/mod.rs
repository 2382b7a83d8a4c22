//! The pipeline's own metrics, under the prefix `spangraph_`.

mod actors;
mod clock_steps;
mod forget;
mod missed_ticks;
mod registration;
mod strangers;
mod tenant;
mod totals;

use std::sync::Arc;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use spangraph_config::TenantId;

pub use self::clock_steps::ClockSteps;
pub use self::missed_ticks::MissedTicks;
use self::strangers::StrangerMetrics;
use self::tenant::LabelLabels;
pub use self::tenant::{
    DiscardedMetrics, HalfEdgeMetrics, ImpossibleDurationMetrics, LabelMetrics, LimitedRequestMetrics,
    MeasuredSpanMetrics, TenantMetrics,
};
pub use self::totals::PipelineTotals;
use crate::activity::ActorMeters;
use crate::admission::Shortage;
use crate::batches::{Connection, EdgeKind};
use crate::durability::{DurabilityMetrics, SpanLogMetrics};

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
    strangers: StrangerMetrics,
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
    /// Requests that were walked by the thread that received them.
    pub walked_on_arrival: Counter,
    /// What the actors do.
    pub actors: ActorMeters,
    /// How often the clock was set.
    pub clock_steps: ClockSteps,
    /// What the timer could not tell them in time.
    pub missed_ticks: MissedTicks,
    /// How epochs go.
    pub durability: DurabilityMetrics,
    /// The span log.
    pub span_log: SpanLogMetrics,
}

impl PipelineMetrics {
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
            rate_limited: by(Shortage::RATE_LIMITED),
            larger_than_burst: by(Shortage::LARGER_THAN_BURST),
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
}

impl Default for CollectSeconds {
    fn default() -> Self {
        Self(Family::new_with_constructor(|| {
            Histogram::new(exponential_buckets(1e-4, 10.0, 7))
        }))
    }
}
