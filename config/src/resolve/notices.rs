//! What the user should know about a file that is right: keys that have no effect, or not yet.

use crate::foreign_keys::Found;
use crate::schema::File;
use crate::schema::overrides::{HistogramKind, ProcessorName, SpanNameSanitization, Tenant};
use crate::schema::values::UnlessEmpty;

const NO_PROCESSOR: &str = "no processor is on, so no series are made: \
     set overrides.defaults.metrics_generator.processors to [service-graphs]";

/// The notices about `file`, which had the `foreign` keys.
pub fn of(file: &File, foreign: Found) -> Vec<String> {
    let tenant = &file.overrides.defaults;
    let processors = tenant.metrics_generator.processors.as_deref();
    let (mut ignored, mut not_built) = (foreign.ignored, foreign.not_built);
    if processors
        .unwrap_or_default()
        .contains(&ProcessorName::LocalBlocks)
    {
        ignored.push("processor local-blocks".to_owned());
    }
    not_built.extend(processors_not_built(processors.unwrap_or_default()));
    not_built.extend(overrides_not_built(tenant));
    not_built.extend(endpoints_not_built(file));

    let mut notices = Vec::new();
    if !ignored.is_empty() {
        notices.push(format!(
            "ignored keys of Tempo that spangraph has no use for: {}",
            ignored.join(", ")
        ));
    }
    if !not_built.is_empty() {
        notices.push(format!("not built yet and ignored: {}", not_built.join(", ")));
    }
    if processors.is_none() {
        notices.push(NO_PROCESSOR.to_owned());
    }
    notices
}

fn processors_not_built(processors: &[ProcessorName]) -> Vec<String> {
    let name = |processor: &ProcessorName| match processor {
        ProcessorName::SpanMetrics => Some("span-metrics"),
        ProcessorName::SpanMetricsCount => Some("span-metrics-count"),
        ProcessorName::SpanMetricsLatency => Some("span-metrics-latency"),
        ProcessorName::SpanMetricsSize => Some("span-metrics-size"),
        ProcessorName::HostInfo => Some("host-info"),
        _ => None,
    };
    processors
        .iter()
        .filter_map(name)
        .map(|name| format!("processor {name}"))
        .collect()
}

fn overrides_not_built(tenant: &Tenant) -> Vec<String> {
    let generator = &tenant.metrics_generator;
    let native = matches!(
        generator.generate_native_histograms,
        Some(UnlessEmpty(Some(HistogramKind::Native | HistogramKind::Both)))
    );
    let sanitization = matches!(
        generator.span_name_sanitization,
        Some(UnlessEmpty(Some(
            SpanNameSanitization::DryRun | SpanNameSanitization::Enabled
        )))
    );
    let limited = |limit: Option<usize>| limit.is_some_and(|limit| limit > 0);
    let switched_on = [
        ("metrics_generator.generate_native_histograms", native),
        (
            "metrics_generator.max_cardinality_per_label",
            limited(generator.max_cardinality_per_label),
        ),
        ("metrics_generator.span_name_sanitization", sanitization),
        (
            "ingestion.rate_limit_bytes",
            limited(tenant.ingestion.rate_limit_bytes),
        ),
        (
            "ingestion.burst_size_bytes",
            limited(tenant.ingestion.burst_size_bytes),
        ),
    ];
    let on = switched_on.iter().filter(|(_, is_on)| *is_on);
    on.map(|(key, _)| format!("overrides.defaults.{key}")).collect()
}

fn endpoints_not_built(file: &File) -> Vec<String> {
    let endpoints = file.metrics_generator.storage.remote_write.iter().enumerate();
    let native = endpoints.filter(|(_, endpoint)| endpoint.send_native_histograms == Some(true));
    native
        .map(|(index, _)| format!("metrics_generator.storage.remote_write[{index}].send_native_histograms"))
        .collect()
}
