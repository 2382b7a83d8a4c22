//! What a tenant's settings ask of each span, compiled once.

use spangraph_config::TenantSettings;

use super::attribute_keys::{AskedKeys, AttributeKeys, ScopedSlots, Slot};
use super::database::DatabaseNames;
use super::filter::Filter;
use super::multiplier::SpanMultiplier;

/// The asked-for attributes of both scopes, and the rules that read them.
#[derive(Debug)]
pub(super) struct Plan {
    /// Whether halves of edges are wanted at all.
    pub(super) service_graphs: bool,
    /// How far a span's end may lie from now.
    pub(super) slack_nanoseconds: u64,
    /// The asked-for attributes of resources.
    pub(super) resource_keys: AttributeKeys,
    /// The asked-for attributes of spans.
    pub(super) span_keys: AttributeKeys,
    /// `service.name`.
    pub(super) service_name: Slot,
    /// The dimensions in the settings' order.
    pub(super) dimensions: Vec<ScopedSlots>,
    /// The peer attributes in order of precedence.
    pub(super) peers: Vec<Slot>,
    /// Database calls.
    pub(super) database: DatabaseNames,
    /// Weights.
    pub(super) multiplier: SpanMultiplier,
    /// Filter policies.
    pub(super) filter: Filter,
}

impl Plan {
    /// Compiles `settings`.
    pub(super) fn compile(settings: &TenantSettings) -> Self {
        let graphs = &settings.service_graphs;
        let keys = &mut AskedKeys::default();
        let service_name = keys.resource("service.name");
        let dimensions = graphs.dimensions.iter().map(|key| keys.both(key)).collect();
        let peers = graphs.peer_attributes.iter().map(|key| keys.span(key)).collect();
        let database = DatabaseNames::compile(graphs, keys);
        let multiplier = SpanMultiplier::compile(graphs, keys);
        let filter = Filter::compile(&graphs.filter_policies, keys);
        let (resource_keys, span_keys) = std::mem::take(keys).into_tables();
        Self {
            service_graphs: settings.processors.any_service_graphs(),
            slack_nanoseconds: nanoseconds(settings.ingestion_time_range_slack),
            resource_keys,
            span_keys,
            service_name,
            dimensions,
            peers,
            database,
            multiplier,
            filter,
        }
    }
}

/// Centuries are as good as forever.
fn nanoseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
