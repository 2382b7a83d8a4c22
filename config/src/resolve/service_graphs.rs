//! Service graphs: the global block first, then the override.

use super::findings::Findings;
use super::{filter_policies, set, texts};
use crate::ServiceGraphsSettings;
use crate::document::Path;
use crate::schema::service_graphs::ServiceGraphs;
use crate::schema::values::bucket;

/// Puts what is written in the block at `path` over `settings`.
pub fn apply(
    written: &ServiceGraphs,
    settings: &mut ServiceGraphsSettings,
    path: &Path,
    findings: &mut Findings<'_>,
) {
    set(&mut settings.wait, written.wait);
    set(&mut settings.max_items, written.max_items);
    set(
        &mut settings.histogram_buckets,
        written.histogram_buckets.as_deref().map(bucket::ascending),
    );
    set(&mut settings.dimensions, written.dimensions.as_deref().map(texts));
    set(
        &mut settings.peer_attributes,
        written.peer_attributes.as_deref().map(texts),
    );
    set(
        &mut settings.database_name_attributes,
        written.database_name_attributes.as_deref().map(texts),
    );
    set(
        &mut settings.enable_client_server_prefix,
        written.enable_client_server_prefix,
    );
    set(
        &mut settings.enable_virtual_node_label,
        written.enable_virtual_node_label,
    );
    set(
        &mut settings.enable_messaging_system_latency_histogram,
        written.enable_messaging_system_latency_histogram,
    );
    set(
        &mut settings.enable_tracestate_span_multiplier,
        written.enable_tracestate_span_multiplier,
    );
    if let Some(key) = &written.span_multiplier_key {
        settings.span_multiplier_key = Some(key.clone()).filter(|key| !key.is_empty());
    }
    if let Some(policies) = &written.filter_policies {
        settings.filter_policies = filter_policies::resolve(policies, &path.key("filter_policies"), findings);
    }
}
