//! The settings of a tenant: the block `metrics_generator` first, then the overrides.

use super::findings::Findings;
use super::{host_info, registry, remote_write, service_graphs, set, span_metrics};
use crate::document::Path;
use crate::schema::File;
use crate::schema::metrics_generator::Processor;
use crate::schema::overrides::{Ingestion, ProcessorName, RemoteWriteMode, Tenant, TenantGenerator};
use crate::{IngestionSettings, Processors, TenantSettings};

/// The settings of every tenant.
pub fn resolve(file: &File, findings: &mut Findings<'_>) -> TenantSettings {
    let global = &file.metrics_generator;
    let mut settings = TenantSettings {
        processors: Processors::default(),
        registry: registry::of_blocks(
            &global.registry,
            &file.spangraph.instance_label,
            global.limiter_type.unwrap_or_default(),
        ),
        ..TenantSettings::default()
    };
    let path = Path::of_keys("metrics_generator.processor");
    resolve_processors(&global.processor, &path, &mut settings, findings);
    if let Some(bytes) = file.spangraph.matcher.max_text_bytes {
        settings.service_graphs.max_text_bytes = bytes.get();
    }
    resolve_storage(file, &mut settings, findings);
    set(
        &mut settings.ingestion_time_range_slack,
        global.metrics_ingestion_time_range_slack,
    );
    set(
        &mut settings.observe_impossible_durations,
        file.spangraph.durations.observe_impossible,
    );
    let path = Path::of_keys("overrides.defaults");
    override_with(&file.overrides.defaults, &path, &mut settings, findings);
    settings
}

/// Puts the overrides at `path` over `settings`, key by key; lists are replaced whole.
pub fn override_with(
    written: &Tenant,
    path: &Path,
    settings: &mut TenantSettings,
    findings: &mut Findings<'_>,
) {
    override_ingestion(&written.ingestion, &mut settings.ingestion);
    let path = path.key("metrics_generator");
    override_generator(&written.metrics_generator, &path, settings, findings);
}

fn override_ingestion(written: &Ingestion, settings: &mut IngestionSettings) {
    set(&mut settings.rate_limit_bytes, written.rate_limit_bytes);
    set(&mut settings.burst_size_bytes, written.burst_size_bytes);
}

fn override_generator(
    written: &TenantGenerator,
    path: &Path,
    settings: &mut TenantSettings,
    findings: &mut Findings<'_>,
) {
    set(
        &mut settings.processors,
        written.processors.as_deref().map(processors),
    );
    set(&mut settings.disable_collection, written.disable_collection);
    if let Some(headers) = &written.remote_write_headers {
        let pairs = headers
            .iter()
            .map(|(name, value)| (name.0.clone(), value.0.clone()));
        settings.remote_write_headers = pairs.collect();
    }
    override_endpoints(written, path, settings, findings);
    resolve_processors(&written.processor, &path.key("processor"), settings, findings);
    set(
        &mut settings.ingestion_time_range_slack,
        written
            .ingestion_time_range_slack
            .as_ref()
            .and_then(|slack| slack.0),
    );
    registry::override_with(written, &mut settings.registry);
}

fn override_endpoints(
    written: &TenantGenerator,
    path: &Path,
    settings: &mut TenantSettings,
    findings: &mut Findings<'_>,
) {
    let Some(endpoints) = &written.remote_write else {
        if written.remote_write_mode == Some(RemoteWriteMode::Append) {
            findings.add(
                &path.key("remote_write_mode"),
                "there is no remote_write to append",
            );
        }
        return;
    };
    if written.remote_write_mode != Some(RemoteWriteMode::Append) {
        settings.remote_write.clear();
    }
    let path = path.key("remote_write");
    remote_write::append(endpoints, &mut settings.remote_write, &path, findings);
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

fn resolve_processors(
    written: &Processor,
    path: &Path,
    settings: &mut TenantSettings,
    findings: &mut Findings<'_>,
) {
    service_graphs::apply(
        &written.service_graphs,
        &mut settings.service_graphs,
        &path.key("service_graphs"),
        findings,
    );
    span_metrics::apply(
        &written.span_metrics,
        &mut settings.span_metrics,
        &path.key("span_metrics"),
        findings,
    );
    host_info::apply(&written.host_info, &mut settings.host_info);
}

fn resolve_storage(file: &File, settings: &mut TenantSettings, findings: &mut Findings<'_>) {
    let storage = &file.metrics_generator.storage;
    let path = Path::of_keys("metrics_generator.storage.remote_write");
    remote_write::append(&storage.remote_write, &mut settings.remote_write, &path, findings);
    set(
        &mut settings.remote_write_add_org_id_header,
        storage.remote_write_add_org_id_header,
    );
    set(
        &mut settings.remote_write_flush_deadline,
        storage.remote_write_flush_deadline,
    );
}
