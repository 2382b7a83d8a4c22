//! What a tenant's spans, halves and series have come to since the start.

use prometheus_client::metrics::counter::Counter;
use serde::Serialize;
use spangraph_actors::batches::{Connection, EdgeKind};
use spangraph_actors::metrics::{
    DiscardedMetrics, HalfEdgeMetrics, ImpossibleDurationMetrics, LimitedRequestMetrics, MeasuredSpanMetrics,
    TenantMetrics,
};
use utoipa::ToSchema;

use super::list::unsigned;

/// A count with the reason, outcome or kind that it is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NamedCount {
    /// As in the own metrics.
    pub name: &'static str,
    /// How many since the start.
    pub count: u64,
}

/// What a tenant's spans, halves and series have come to since the start.
#[derive(Debug, Serialize, ToSchema)]
pub struct TenantActivity {
    /// Decompressed bytes of accepted requests.
    pub bytes_received: u64,
    /// Requests that the ingestion limit refused, by reason.
    pub requests_limited: Vec<NamedCount>,
    /// Spans accepted.
    pub spans_received: u64,
    /// Spans refused as invalid in accepted requests.
    pub spans_rejected: u64,
    /// Spans accepted that make no half-edge, by reason.
    pub spans_discarded: Vec<NamedCount>,
    /// Spans whose duration cannot be and is in no histogram, by reason.
    pub impossible_durations: Vec<NamedCount>,
    /// Spans that span metrics looked at, by what became of them.
    pub measured_spans: Vec<NamedCount>,
    /// Half-edges by what became of them.
    pub half_edges: Vec<NamedCount>,
    /// Half-edges that wait now.
    pub pending_half_edges: u64,
    /// Edges counted, by connection type.
    pub edges: Vec<NamedCount>,
    /// Edges given up, by the kind of their last half.
    pub edges_expired: Vec<NamedCount>,
    /// Edges not built because a filter policy dropped a half.
    pub edges_dropped: u64,
    /// Targets and hosts left out because a text of them cannot be a label.
    pub resource_info_dropped: u64,
    /// What became of series.
    pub series: SeriesActivity,
}

/// What became of a tenant's series.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeriesActivity {
    /// Series born.
    pub created: u64,
    /// Series removed as stale.
    pub removed: u64,
    /// Series that there would be without a limit, estimated.
    pub demanded: u64,
    /// Label sets that there would be without a limit, estimated.
    pub demanded_entities: u64,
    /// Updates that a limit turned away to the overflow series.
    pub limited_updates: u64,
    /// Patterns of span names that clustering found.
    pub span_name_patterns: u64,
    /// Collections of all series.
    pub collections: u64,
}

impl TenantActivity {
    /// What `metrics` count now.
    #[must_use]
    pub fn of(metrics: &TenantMetrics) -> Self {
        Self {
            bytes_received: metrics.bytes_received.get(),
            requests_limited: limited(&metrics.requests_limited),
            spans_received: metrics.spans_received.get(),
            spans_rejected: metrics.spans_rejected.get(),
            spans_discarded: discarded(&metrics.discarded),
            impossible_durations: impossible(&metrics.impossible_durations),
            measured_spans: measured(&metrics.measured_spans),
            half_edges: halves(&metrics.halves),
            pending_half_edges: unsigned(metrics.pending_half_edges.get()),
            edges: named(Connection::ALL.map(Connection::metric_name), &metrics.edges),
            edges_expired: named(EdgeKind::ALL.map(EdgeKind::as_str), &metrics.edges_expired),
            edges_dropped: metrics.edges_dropped.get(),
            resource_info_dropped: metrics.resource_info_dropped.get(),
            series: SeriesActivity::of(metrics),
        }
    }
}

impl SeriesActivity {
    fn of(metrics: &TenantMetrics) -> Self {
        Self {
            created: metrics.series_created.get(),
            removed: metrics.series_removed.get(),
            demanded: unsigned(metrics.demanded_series.get()),
            demanded_entities: unsigned(metrics.demanded_entities.get()),
            limited_updates: metrics.limited_updates.get(),
            span_name_patterns: unsigned(metrics.span_name_patterns.get()),
            collections: metrics.collections.get(),
        }
    }
}

fn limited(metrics: &LimitedRequestMetrics) -> Vec<NamedCount> {
    let LimitedRequestMetrics {
        rate_limited,
        larger_than_burst,
    } = metrics;
    each([
        ("rate_limited", rate_limited),
        ("larger_than_burst", larger_than_burst),
    ])
}

fn discarded(metrics: &DiscardedMetrics) -> Vec<NamedCount> {
    let DiscardedMetrics {
        too_old,
        too_new,
        not_an_edge_half,
        no_service_name,
        invalid_utf8,
        no_processor,
        no_generate_metrics,
        filtered_root,
        too_much_text,
    } = metrics;
    each([
        ("too_old", too_old),
        ("too_new", too_new),
        ("not_an_edge_half", not_an_edge_half),
        ("no_service_name", no_service_name),
        ("invalid_utf8", invalid_utf8),
        ("no_processor", no_processor),
        ("no_generate_metrics", no_generate_metrics),
        ("filtered_root", filtered_root),
        ("too_much_text", too_much_text),
    ])
}

fn impossible(metrics: &ImpossibleDurationMetrics) -> Vec<NamedCount> {
    let ImpossibleDurationMetrics { no_start, too_long } = metrics;
    each([("no_start", no_start), ("too_long", too_long)])
}

fn measured(metrics: &MeasuredSpanMetrics) -> Vec<NamedCount> {
    let MeasuredSpanMetrics {
        updated,
        filtered,
        invalid_utf8,
        too_much_text,
    } = metrics;
    each([
        ("updated", updated),
        ("filtered", filtered),
        ("invalid_utf8", invalid_utf8),
        ("too_much_text", too_much_text),
    ])
}

fn halves(metrics: &HalfEdgeMetrics) -> Vec<NamedCount> {
    let HalfEdgeMetrics {
        paired,
        virtual_node,
        expired,
        dropped_full,
        dropped_filtered,
    } = metrics;
    each([
        ("paired", paired),
        ("virtual_node", virtual_node),
        ("expired", expired),
        ("dropped_full", dropped_full),
        ("dropped_filtered", dropped_filtered),
    ])
}

fn named<const N: usize>(names: [&'static str; N], counters: &[Counter; N]) -> Vec<NamedCount> {
    each(names.into_iter().zip(counters))
}

fn each<'a>(counters: impl IntoIterator<Item = (&'static str, &'a Counter)>) -> Vec<NamedCount> {
    let counters = counters.into_iter();
    counters
        .map(|(name, counter)| NamedCount {
            name,
            count: counter.get(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;
    use spangraph_actors::metrics::PipelineMetrics;
    use spangraph_config::TenantId;
    use spangraph_test_support::exposition::Scrape;

    use super::*;

    #[test]
    fn counts_stand_by_their_names() {
        let metrics = PipelineMetrics::default().tenant(&TenantId::single());
        metrics.spans_received.inc_by(7);
        metrics.discarded.no_processor.inc_by(2);
        metrics.halves.virtual_node.inc_by(3);
        metrics.edges[3].inc_by(4);
        metrics.edges_expired[2].inc_by(5);
        metrics.demanded_series.set(-1);
        let activity = serde_json::to_value(TenantActivity::of(&metrics)).unwrap();
        assert_eq!(activity["spans_received"], 7);
        assert_eq!(activity["spans_discarded"][5]["name"], "no_processor");
        assert_eq!(activity["spans_discarded"][5]["count"], 2);
        assert_eq!(activity["half_edges"][1]["count"], 3);
        assert_eq!(activity["edges"][3]["name"], "virtual_node");
        assert_eq!(activity["edges"][3]["count"], 4);
        assert_eq!(activity["edges_expired"][2]["name"], "producer");
        assert_eq!(activity["series"]["demanded"], 0);
    }

    #[test]
    fn names_are_those_of_the_own_metrics() {
        let (all, mut registry, mut text) = (PipelineMetrics::default(), Registry::default(), String::new());
        let activity = TenantActivity::of(&all.tenant(&TenantId::single()));
        all.register(&mut registry);
        encode(&mut text, &registry).unwrap();
        let page = Scrape::parse(&text).unwrap();
        let lists = [
            ("requests_limited_total", "reason", &activity.requests_limited),
            ("spans_discarded_total", "reason", &activity.spans_discarded),
            ("span_metrics_spans_total", "outcome", &activity.measured_spans),
            ("half_edges_total", "outcome", &activity.half_edges),
            ("edges_total", "connection_type", &activity.edges),
            ("edges_expired_total", "span_kind", &activity.edges_expired),
        ];
        for (metric, label, counts) in lists {
            assert_eq!(page.select(metric, &[]).count(), counts.len(), "{metric}");
            for NamedCount { name, .. } in counts {
                let labels = [("tenant", "single-tenant"), (label, name)];
                assert!(
                    page.value(metric, &labels).is_some(),
                    "{metric} {labels:?} in {text}"
                );
            }
        }
    }
}
