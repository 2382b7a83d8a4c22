//! How series are kept: the block `metrics_generator` first, then the overrides.

use super::{histograms, set};
use crate::schema::metrics_generator::LimiterType;
use crate::schema::overrides::{SpanNameSanitization as WrittenSanitization, TenantGenerator};
use crate::schema::registry::Registry;
use crate::schema::spangraph::InstanceLabel;
use crate::schema::values::UnlessEmpty;
use crate::{Limiter, RegistrySettings, SpanNameSanitization};

/// The label that Tempo tells instances apart by.
const INSTANCE_LABEL: &str = "__metrics_gen_instance";

/// What the global blocks give.
pub fn of_blocks(written: &Registry, instance: &InstanceLabel, limiter: LimiterType) -> RegistrySettings {
    let mut registry = RegistrySettings {
        external_labels: written
            .external_labels
            .iter()
            .map(|(name, value)| (name.clone().into(), value.clone()))
            .collect(),
        inject_tenant_id_as: written
            .inject_tenant_id_as
            .clone()
            .and_then(|name| name.0)
            .map(Into::into),
        instance_label: instance_label(instance),
        limiter: match limiter {
            LimiterType::Series => Limiter::Series(0),
            LimiterType::Entity => Limiter::Entities(0),
        },
        ..RegistrySettings::default()
    };
    set(&mut registry.collection_interval, written.collection_interval);
    set(&mut registry.stale_duration, written.stale_duration);
    set(&mut registry.max_label_name_length, written.max_label_name_length);
    set(
        &mut registry.max_label_value_length,
        written.max_label_value_length,
    );
    registry
}

fn instance_label(written: &InstanceLabel) -> Option<(String, String)> {
    let name = written
        .name
        .clone()
        .map_or_else(|| INSTANCE_LABEL.to_owned(), Into::into);
    let value = written.value.clone().filter(|value| !value.is_empty());
    let value = value.unwrap_or_else(host_name);
    written.enabled.unwrap_or(true).then_some((name, value))
}

/// The name of this host.
pub fn host_name() -> String {
    gethostname::gethostname().to_string_lossy().into_owned()
}

/// Puts the overrides over `registry`.
pub fn override_with(written: &TenantGenerator, registry: &mut RegistrySettings) {
    set(
        &mut registry.collection_interval,
        written
            .collection_interval
            .as_ref()
            .and_then(|interval| interval.0),
    );
    if let Some(UnlessEmpty(Some(name))) = &written.trace_id_label_name {
        registry.trace_id_label_name = name.clone().into();
    }
    match &mut registry.limiter {
        Limiter::Series(most) => set(most, written.max_active_series),
        Limiter::Entities(most) => set(most, written.max_active_entities),
    }
    set(
        &mut registry.max_cardinality_per_label,
        written.max_cardinality_per_label,
    );
    if let Some(UnlessEmpty(Some(sanitization))) = written.span_name_sanitization {
        registry.span_name_sanitization = match sanitization {
            WrittenSanitization::Disabled => SpanNameSanitization::Disabled,
            WrittenSanitization::DryRun => SpanNameSanitization::DryRun,
            WrittenSanitization::Enabled => SpanNameSanitization::Enabled,
        };
    }
    histograms::override_with(written, &mut registry.histograms);
}
