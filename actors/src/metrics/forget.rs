//! Removes what is known of a tenant that is gone.

use std::hash::Hash;

use prometheus_client::metrics::family::{Family, MetricConstructor};
use spangraph_config::TenantId;

use super::{
    ConnectionLabels, KindLabels, OutcomeLabels, PipelineMetrics, ReasonLabels, TenantLabels, TenantMetrics,
};
use crate::admission::Shortage;
use crate::batches::{Connection, EdgeKind};

/// Why spans are discarded.
const REASONS: [&str; 9] = [
    "too_old",
    "too_new",
    "not_an_edge_half",
    "no_service_name",
    "invalid_utf8",
    "no_processor",
    "no_generate_metrics",
    "filtered_root",
    "too_much_text",
];

/// Why durations cannot be.
const IMPOSSIBLE: [&str; 2] = ["no_start", "too_long"];

/// Why requests are refused by the ingestion limit.
const LIMITED: [&str; 2] = [Shortage::RATE_LIMITED, Shortage::LARGER_THAN_BURST];

/// What span metrics make of spans.
const MEASURED: [&str; 4] = ["updated", "filtered", "invalid_utf8", "too_much_text"];

/// What becomes of halves.
const HALVES: [&str; 5] = [
    "paired",
    "virtual_node",
    "expired",
    "dropped_full",
    "dropped_filtered",
];

impl PipelineMetrics {
    /// Removes the metrics of a tenant that is gone; its `metrics` count on unseen.
    pub fn forget(&self, tenant: &TenantId, metrics: &TenantMetrics) {
        metrics.labels.forget();
        let tenant = tenant.to_string();
        self.forget_reasons(&tenant);
        self.forget_outcomes(&tenant);
        self.forget_edges(&tenant);
        self.forget_plain(&TenantLabels { tenant });
    }

    fn forget_reasons(&self, tenant: &str) {
        let labels = |reason| ReasonLabels {
            tenant: tenant.to_owned(),
            reason,
        };
        remove_all(&self.spans_discarded, REASONS.map(labels));
        remove_all(&self.impossible_durations, IMPOSSIBLE.map(labels));
        remove_all(&self.requests_limited, LIMITED.map(labels));
    }

    fn forget_outcomes(&self, tenant: &str) {
        let labels = |outcome| OutcomeLabels {
            tenant: tenant.to_owned(),
            outcome,
        };
        remove_all(&self.measured_spans, MEASURED.map(labels));
        remove_all(&self.half_edges, HALVES.map(labels));
    }

    fn forget_edges(&self, tenant: &str) {
        let connection = |connection: Connection| ConnectionLabels {
            tenant: tenant.to_owned(),
            connection_type: connection.metric_name(),
        };
        let kind = |kind: EdgeKind| KindLabels {
            tenant: tenant.to_owned(),
            span_kind: kind.as_str(),
        };
        remove_all(&self.edges, Connection::ALL.map(connection));
        remove_all(&self.edges_expired, EdgeKind::ALL.map(kind));
    }

    fn forget_plain(&self, labels: &TenantLabels) {
        let counters = [
            &self.spans_received,
            &self.spans_rejected,
            &self.bytes_received,
            &self.resource_info_dropped,
            &self.edges_dropped,
            &self.limited_updates,
            &self.series_created,
            &self.series_removed,
            &self.collections,
        ];
        for counter in counters {
            counter.remove(labels);
        }
        let gauges = [
            &self.pending_half_edges,
            &self.pending_edges,
            &self.pending_text_bytes,
            &self.active_series,
            &self.active_entities,
            &self.span_name_patterns,
            &self.demanded_series,
            &self.demanded_entities,
        ];
        for gauge in gauges {
            gauge.remove(labels);
        }
        self.collect_seconds.0.remove(labels);
    }
}

fn remove_all<L: Clone + Hash + Eq, M, C: MetricConstructor<M>, const N: usize>(
    family: &Family<L, M, C>,
    labels: [L; N],
) {
    for each in &labels {
        family.remove(each);
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;
    use spangraph_test_support::exposition::Scrape;

    use super::*;

    #[test]
    fn nothing_is_left_of_a_tenant_that_is_gone() {
        let (metrics, mut registry) = (PipelineMetrics::default(), Registry::default());
        metrics.register(&mut registry);
        let [gone, stays] = ["gone", "stays"].map(|id| TenantId::parse(id).unwrap());
        let of_gone = metrics.tenant(&gone);
        let of_stays = metrics.tenant(&stays);
        for each in [&of_gone, &of_stays] {
            each.spans_received.inc();
            each.labels.limited_updates("zone").inc();
        }
        metrics.forget(&gone, &of_gone);
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        assert!(!text.contains("\"gone\""), "{text}");
        let page = Scrape::parse(&text).unwrap();
        let of_stays = [("tenant", "stays")];
        assert_eq!(page.value("spans_received_total", &of_stays), Some(1.0));
        let labels = [("tenant", "stays"), ("label", "zone")];
        assert_eq!(page.value("label_limited_updates_total", &labels), Some(1.0));
    }
}
