//! What the user should know about a file that is right: keys that have no effect, or not yet.

use crate::foreign_keys::Found;
use crate::schema::File;
use crate::schema::overrides::{HistogramKind, ProcessorName, Tenant};
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
    not_built.extend(overrides_not_built(tenant));

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
    notices.extend(unsent_native_histograms(file));
    if processors.is_none() {
        notices.push(NO_PROCESSOR.to_owned());
    }
    notices
}

fn overrides_not_built(tenant: &Tenant) -> Vec<String> {
    let limited = |limit: Option<usize>| limit.is_some_and(|limit| limit > 0);
    let switched_on = [
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

/// Histograms that are made and do not leave the process are easily taken for lost ones.
fn unsent_native_histograms(file: &File) -> Option<String> {
    let written = &file
        .overrides
        .defaults
        .metrics_generator
        .generate_native_histograms;
    let native = matches!(
        written,
        Some(UnlessEmpty(Some(HistogramKind::Native | HistogramKind::Both)))
    );
    let endpoints = file.metrics_generator.storage.remote_write.iter().enumerate();
    let unsent: Vec<String> = endpoints
        .filter(|(_, endpoint)| native && endpoint.send_native_histograms != Some(true))
        .map(|(index, _)| format!("metrics_generator.storage.remote_write[{index}]"))
        .collect();
    (!unsent.is_empty()).then(|| {
        format!(
            "native histograms are made and not sent by {}: set its send_native_histograms to true when the store \
             takes them",
            unsent.join(", ")
        )
    })
}
