//! Span metrics: the global block first, then the override.

use super::findings::Findings;
use super::{filter_policies, set, texts};
use crate::document::Path;
use crate::schema::span_metrics as schema;
use crate::schema::values::bucket;
use crate::{DimensionMapping, IntrinsicDimensions, SpanMetricsSettings};

/// Puts what is written in the block at `path` over `settings`.
pub fn apply(
    written: &schema::SpanMetrics,
    settings: &mut SpanMetricsSettings,
    path: &Path,
    findings: &mut Findings<'_>,
) {
    set(
        &mut settings.histogram_buckets,
        written.histogram_buckets.as_deref().map(bucket::ascending),
    );
    apply_labels(written, settings, path, findings);
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

fn apply_labels(
    written: &schema::SpanMetrics,
    settings: &mut SpanMetricsSettings,
    path: &Path,
    findings: &mut Findings<'_>,
) {
    apply_intrinsic(&written.intrinsic_dimensions, &mut settings.intrinsic_dimensions);
    set(&mut settings.dimensions, written.dimensions.as_deref().map(texts));
    if let Some(mappings) = &written.dimension_mappings {
        settings.dimension_mappings = resolve_mappings(mappings, &path.key("dimension_mappings"), findings);
    }
    set(&mut settings.enable_target_info, written.enable_target_info);
    set(
        &mut settings.target_info_excluded_dimensions,
        written.target_info_excluded_dimensions.as_deref().map(texts),
    );
    set(&mut settings.enable_instance_label, written.enable_instance_label);
}

fn apply_intrinsic(written: &schema::IntrinsicDimensions, settings: &mut IntrinsicDimensions) {
    set(&mut settings.service, written.service);
    set(&mut settings.span_name, written.span_name);
    set(&mut settings.span_kind, written.span_kind);
    set(&mut settings.status_code, written.status_code);
    set(&mut settings.status_message, written.status_message);
}

fn resolve_mappings(
    written: &[schema::DimensionMapping],
    path: &Path,
    findings: &mut Findings<'_>,
) -> Vec<DimensionMapping> {
    let numbered = written.iter().enumerate();
    numbered
        .filter_map(|(index, mapping)| resolve_mapping(mapping, &path.item(index), findings))
        .collect()
}

fn resolve_mapping(
    written: &schema::DimensionMapping,
    path: &Path,
    findings: &mut Findings<'_>,
) -> Option<DimensionMapping> {
    if written.name.is_none() {
        findings.add(&path.key("name"), "name is missing");
    }
    if written.source_labels.is_empty() {
        findings.add(&path.key("source_labels"), "needs at least one attribute");
    }
    Some(DimensionMapping {
        name: written.name.clone()?.into(),
        source_labels: texts(&written.source_labels),
        join: written.join.clone(),
    })
}
