//! What a tenant's settings ask of each span, compiled once.

use spangraph_config::TenantSettings;

use super::attribute_keys::{AskedKeys, AttributeKeys};
use super::durations::DurationRule;
use super::graph_plan::GraphPlan;
use super::hosts::HostIdentifier;
use super::resource_plan::ResourcePlan;
use super::span_metrics::SpanMetricsPlan;
use super::text_limits::TextLimits;

/// The asked-for attributes of both scopes, and the rules of each processor that is on.
#[derive(Debug)]
pub(super) struct Plan {
    /// How far a span's end may lie from now.
    pub(super) slack_nanoseconds: u64,
    /// How much text may be made.
    pub(super) text_limits: TextLimits,
    /// Which durations are observed.
    pub(super) durations: DurationRule,
    /// What is asked of resources.
    pub(super) resource: ResourcePlan,
    /// The asked-for attributes of spans.
    pub(super) span_keys: AttributeKeys,
    /// Service graphs.
    pub(super) graphs: Option<GraphPlan>,
    /// Span metrics.
    pub(super) span_metrics: Option<SpanMetricsPlan>,
    /// Host info: the attributes that name a host, in order of precedence.
    pub(super) host_identifiers: Vec<HostIdentifier>,
}

impl Plan {
    /// Compiles `settings`.
    pub(super) fn compile(settings: &TenantSettings) -> Self {
        let processors = &settings.processors;
        let keys = &mut AskedKeys::default();
        let service_name = keys.resource("service.name");
        // First of all, because it notes whether it asked for an attribute of spans.
        let span_metrics = processors
            .any_span_metrics()
            .then(|| SpanMetricsPlan::compile(&settings.span_metrics, keys));
        let graphs = processors
            .any_service_graphs()
            .then(|| GraphPlan::compile(&settings.service_graphs, keys));
        let hosts = processors.host_info.then_some(&settings.host_info);
        let host_identifiers = hosts.map_or(Vec::new(), |hosts| HostIdentifier::compile(hosts, keys));
        let (resource_keys, span_keys) = std::mem::take(keys).into_tables();
        let slack_nanoseconds = nanoseconds(settings.ingestion_time_range_slack);
        Self {
            slack_nanoseconds,
            text_limits: TextLimits::compile(settings),
            durations: DurationRule::new(settings, slack_nanoseconds),
            resource: ResourcePlan {
                keys: resource_keys,
                service_name,
                dimensions: graphs.as_ref().map(GraphPlan::resource_dimensions),
            },
            span_keys,
            graphs,
            span_metrics,
            host_identifiers,
        }
    }
}

/// Centuries are as good as forever.
fn nanoseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
