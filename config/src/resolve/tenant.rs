//! The settings of a tenant: the block `metrics_generator` first, then the overrides.

use super::findings::Findings;
use super::{remote_write, service_graphs, set, span_metrics};
use crate::document::Path;
use crate::schema::File;
use crate::schema::metrics_generator::LimiterType;
use crate::schema::overrides::{ProcessorName, TenantGenerator};
use crate::schema::registry::Registry;
use crate::schema::spangraph::InstanceLabel;
use crate::schema::values::UnlessEmpty;
use crate::{Limiter, Processors, RegistrySettings, TenantSettings};

/// The label that Tempo tells instances apart by.
const INSTANCE_LABEL: &str = "__metrics_gen_instance";

/// The settings of every tenant.
pub fn resolve(file: &File, findings: &mut Findings<'_>) -> TenantSettings {
    let global = &file.metrics_generator;
    let tenant = &file.overrides.defaults.metrics_generator;
    let mut settings = TenantSettings {
        processors: processors(tenant.processors.as_deref().unwrap_or_default()),
        registry: registry(&global.registry, &file.spangraph.instance_label),
        disable_collection: tenant.disable_collection.unwrap_or(false),
        remote_write_headers: tenant
            .remote_write_headers
            .iter()
            .map(|(name, value)| (name.0.clone(), value.0.clone()))
            .collect(),
        ..TenantSettings::default()
    };
    resolve_processors(file, &mut settings, findings);
    resolve_storage(file, &mut settings, findings);
    set(
        &mut settings.ingestion_time_range_slack,
        global.metrics_ingestion_time_range_slack,
    );
    set(
        &mut settings.ingestion_time_range_slack,
        tenant
            .ingestion_time_range_slack
            .as_ref()
            .and_then(|slack| slack.0),
    );
    override_registry(
        tenant,
        global.limiter_type.unwrap_or_default(),
        &mut settings.registry,
    );
    settings
}

fn processors(names: &[ProcessorName]) -> Processors {
    let any = |wanted: &[ProcessorName]| names.iter().any(|name| wanted.contains(name));
    Processors {
        service_graphs_request: any(&[ProcessorName::ServiceGraphs, ProcessorName::ServiceGraphsRequest]),
        service_graphs_latency: any(&[ProcessorName::ServiceGraphs, ProcessorName::ServiceGraphsLatency]),
        service_graphs_connection_info: any(&[ProcessorName::ServiceGraphsConnectionInfo]),
        ..Processors::default()
    }
}

fn resolve_processors(file: &File, settings: &mut TenantSettings, findings: &mut Findings<'_>) {
    let blocks = [
        (&file.metrics_generator.processor, "metrics_generator.processor"),
        (
            &file.overrides.defaults.metrics_generator.processor,
            "overrides.defaults.metrics_generator.processor",
        ),
    ];
    for (block, path) in blocks {
        let path = Path::of_keys(path);
        let graphs = &mut settings.service_graphs;
        service_graphs::apply(
            &block.service_graphs,
            graphs,
            &path.key("service_graphs"),
            findings,
        );
        span_metrics::check(&block.span_metrics, &path.key("span_metrics"), findings);
    }
}

fn resolve_storage(file: &File, settings: &mut TenantSettings, findings: &mut Findings<'_>) {
    let storage = &file.metrics_generator.storage;
    let path = Path::of_keys("metrics_generator.storage.remote_write");
    settings.remote_write = remote_write::resolve(&storage.remote_write, &path, findings);
    set(
        &mut settings.remote_write_add_org_id_header,
        storage.remote_write_add_org_id_header,
    );
    set(
        &mut settings.remote_write_flush_deadline,
        storage.remote_write_flush_deadline,
    );
}

fn registry(written: &Registry, instance: &InstanceLabel) -> RegistrySettings {
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
    let value = value.unwrap_or_else(|| gethostname::gethostname().to_string_lossy().into_owned());
    written.enabled.unwrap_or(true).then_some((name, value))
}

fn override_registry(written: &TenantGenerator, limiter: LimiterType, registry: &mut RegistrySettings) {
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
    registry.limiter = match limiter {
        LimiterType::Series => Limiter::Series(written.max_active_series.unwrap_or(0)),
        LimiterType::Entity => Limiter::Entities(written.max_active_entities.unwrap_or(0)),
    };
}
