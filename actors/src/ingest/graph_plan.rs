//! What the settings of service graphs ask of each span.

use spangraph_config::ServiceGraphsSettings;

use super::attribute_keys::{AskedKeys, ScopedSlots, Slot};
use super::database::DatabaseNames;
use super::filter::Filter;
use super::multiplier::SpanMultiplier;

/// The rules that make halves of edges (SPEC §2).
#[derive(Debug)]
pub(super) struct GraphPlan {
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
    /// Whether attributes of server sides count beyond naming a peer: for dimensions, weights or filters.
    pub(super) reads_servers: bool,
}

impl GraphPlan {
    /// Asks for the attributes that `settings` name.
    pub(super) fn compile(settings: &ServiceGraphsSettings, keys: &mut AskedKeys) -> Self {
        let dimensions = settings.dimensions.iter().map(|key| keys.both(key)).collect();
        let multiplier = SpanMultiplier::compile(
            settings.span_multiplier_key.as_deref(),
            settings.enable_tracestate_span_multiplier,
            keys,
        );
        let filter = Filter::compile(&settings.filter_policies, keys);
        // What is asked for from here on is only looked for where a peer or a database can be.
        let reads_servers = keys.asks_spans();
        let peers = settings.peer_attributes.iter();
        Self {
            dimensions,
            peers: peers.map(|key| keys.span(key)).collect(),
            database: DatabaseNames::compile(settings, keys),
            multiplier,
            filter,
            reads_servers,
        }
    }

    /// Where the dimensions stand among a resource's attributes, in the settings' order.
    pub(super) fn resource_dimensions(&self) -> Vec<Slot> {
        self.dimensions.iter().map(|slots| slots.resource).collect()
    }
}
