//! The settings of a tenant: the block `metrics_generator` first, then the overrides.

use super::findings::Findings;
use super::{host_info, registry, remote_write, service_graphs, set, span_metrics};
use crate::document::Path;
use crate::schema::File;
use crate::schema::overrides::ProcessorName;
use crate::{Processors, TenantSettings};

/// The settings of every tenant.
pub fn resolve(file: &File, findings: &mut Findings<'_>) -> TenantSettings {
    let global = &file.metrics_generator;
    let tenant = &file.overrides.defaults.metrics_generator;
    let mut settings = TenantSettings {
        processors: processors(tenant.processors.as_deref().unwrap_or_default()),
        registry: registry::of_blocks(&global.registry, &file.spangraph.instance_label),
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
    registry::override_with(
        tenant,
        global.limiter_type.unwrap_or_default(),
        &mut settings.registry,
    );
    settings
}

fn processors(names: &[ProcessorName]) -> Processors {
    use ProcessorName as Name;
    let any = |wanted: &[Name]| names.iter().any(|name| wanted.contains(name));
    Processors {
        service_graphs_request: any(&[Name::ServiceGraphs, Name::ServiceGraphsRequest]),
        service_graphs_latency: any(&[Name::ServiceGraphs, Name::ServiceGraphsLatency]),
        service_graphs_connection_info: any(&[Name::ServiceGraphsConnectionInfo]),
        span_metrics_count: any(&[Name::SpanMetrics, Name::SpanMetricsCount]),
        span_metrics_latency: any(&[Name::SpanMetrics, Name::SpanMetricsLatency]),
        span_metrics_size: any(&[Name::SpanMetrics, Name::SpanMetricsSize]),
        host_info: any(&[Name::HostInfo]),
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
        let (graphs, spans) = (&mut settings.service_graphs, &mut settings.span_metrics);
        service_graphs::apply(
            &block.service_graphs,
            graphs,
            &path.key("service_graphs"),
            findings,
        );
        span_metrics::apply(&block.span_metrics, spans, &path.key("span_metrics"), findings);
        host_info::apply(&block.host_info, &mut settings.host_info);
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
