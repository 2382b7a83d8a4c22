//! What the settings of span metrics ask of each span.

use spangraph_config::SpanMetricsSettings;

use super::labels::LabelPlan;
use super::targets::TargetPlan;
use crate::ingest::attribute_keys::AskedKeys;
use crate::ingest::filter::Filter;
use crate::ingest::multiplier::SpanMultiplier;

/// The rules of span metrics (SPEC §3).
#[derive(Debug)]
pub(in crate::ingest) struct SpanMetricsPlan {
    /// Labels.
    pub(super) labels: LabelPlan,
    /// Targets, when target info is on.
    pub(super) targets: Option<TargetPlan>,
    /// Weights.
    pub(super) multiplier: SpanMultiplier,
    /// Filter policies.
    pub(super) filter: Filter,
    reads_span_attributes: bool,
}

impl SpanMetricsPlan {
    /// Asks for the attributes that `settings` name; nobody has asked for attributes of spans before.
    pub(in crate::ingest) fn compile(settings: &SpanMetricsSettings, keys: &mut AskedKeys) -> Self {
        let labels = LabelPlan::compile(settings, keys);
        let multiplier = SpanMultiplier::compile(
            settings.span_multiplier_key.as_deref(),
            settings.enable_tracestate_span_multiplier,
            keys,
        );
        let filter = Filter::compile(&settings.filter_policies, keys);
        let targets = settings
            .enable_target_info
            .then(|| TargetPlan::compile(&settings.target_info_excluded_dimensions));
        Self {
            labels,
            targets,
            multiplier,
            filter,
            reads_span_attributes: keys.asks_spans(),
        }
    }

    /// Whether the attributes of every span count; without dimensions, weights and filters none does.
    pub(in crate::ingest) fn reads_span_attributes(&self) -> bool {
        self.reads_span_attributes
    }
}
