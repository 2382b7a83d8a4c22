//! Span metrics: nothing acts on them yet, so they are only checked.

use super::filter_policies;
use super::findings::Findings;
use crate::document::Path;
use crate::schema::span_metrics::SpanMetrics;

/// Finds what is wrong in the block at `path`.
pub fn check(written: &SpanMetrics, path: &Path, findings: &mut Findings<'_>) {
    let policies = written.filter_policies.as_deref().unwrap_or_default();
    filter_policies::resolve(policies, &path.key("filter_policies"), findings);
    let mappings = written.dimension_mappings.as_deref().unwrap_or_default();
    for (index, mapping) in mappings.iter().enumerate() {
        let path = path.key("dimension_mappings").item(index);
        if mapping.name.is_none() {
            findings.add(&path.key("name"), "name is missing");
        }
        if mapping.source_labels.is_empty() {
            findings.add(&path.key("source_labels"), "needs at least one attribute");
        }
    }
}
