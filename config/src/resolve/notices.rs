//! What the user should know about a file that is right: keys that have no effect, or not yet.

use super::override_file::Overridden;
use crate::foreign_keys::Found;
use crate::schema::File;
use crate::schema::override_file::OverrideFile;
use crate::schema::overrides::{ProcessorName, Tenant};
use crate::schema::values::UnlessEmpty;
use crate::{HistogramKind, TenantSettings};

const NO_PROCESSOR: &str = "no processor is on, so no series are made: \
     set overrides.defaults.metrics_generator.processors to [service-graphs]";

/// The notices about `file`, which had the `foreign` keys and resolved to `defaults`.
pub fn of(file: &File, mut foreign: Found, defaults: &TenantSettings) -> Vec<String> {
    let overrides = &file.overrides;
    let processors = overrides.defaults.metrics_generator.processors.as_deref();
    if has_local_blocks(&overrides.defaults) {
        foreign.ignored.push("processor local-blocks".to_owned());
    }
    foreign
        .not_built
        .extend(not_built(&overrides.defaults, "overrides.defaults"));

    let mut notices = without_effect(&foreign);
    notices.extend(unsent_native_histograms(defaults));
    if processors.is_none() && !has_override_file(file) {
        notices.push(NO_PROCESSOR.to_owned());
    }
    notices
}

/// The notices about an override file, which had the `foreign` keys and resolved to `overridden`.
pub fn of_tenants(file: &OverrideFile, mut foreign: Found, overridden: &Overridden) -> Vec<String> {
    for (name, tenant) in &file.overrides {
        let block = format!("overrides.{}", name.as_str());
        if has_local_blocks(tenant) {
            let processor = format!("processor local-blocks of {block}");
            foreign.ignored.push(processor);
        }
        foreign.not_built.extend(not_built(tenant, &block));
    }
    let mut notices = without_effect(&foreign);
    notices.extend(overridden.all().find_map(unsent_native_histograms));
    notices
}

/// The entries of tenants may switch processors on.
fn has_override_file(file: &File) -> bool {
    matches!(
        file.overrides.per_tenant_override_config,
        Some(UnlessEmpty(Some(_)))
    )
}

fn has_local_blocks(tenant: &Tenant) -> bool {
    let processors = tenant.metrics_generator.processors.as_deref();
    processors
        .unwrap_or_default()
        .contains(&ProcessorName::LocalBlocks)
}

fn without_effect(foreign: &Found) -> Vec<String> {
    let lists = [
        (
            "ignored keys of Tempo that spangraph has no use for",
            &foreign.ignored,
        ),
        ("not built yet and ignored", &foreign.not_built),
    ];
    let told = lists.iter().filter(|(_, keys)| !keys.is_empty());
    told.map(|(what, keys)| format!("{what}: {}", keys.join(", ")))
        .collect()
}

fn not_built(tenant: &Tenant, block: &str) -> Vec<String> {
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
    on.map(|(key, _)| format!("{block}.{key}")).collect()
}

/// Histograms that are made and do not leave the process are easily taken for lost ones.
fn unsent_native_histograms(settings: &TenantSettings) -> Option<String> {
    let native = settings.registry.histograms.kind != HistogramKind::Classic;
    let endpoints = settings.remote_write.iter().enumerate();
    let unsent: Vec<String> = endpoints
        .filter(|(_, endpoint)| native && !endpoint.send_native_histograms)
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
