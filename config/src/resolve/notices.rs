//! What the user should know about a file that is right: keys that have no effect, or not yet.

use std::time::Duration;

use super::override_file::Overridden;
use super::{digit_names, durability};
use crate::foreign_keys::Found;
use crate::schema::File;
use crate::schema::override_file::OverrideFile;
use crate::schema::overrides::{ProcessorName, RateStrategy, Tenant};
use crate::schema::values::UnlessEmpty;
use crate::{HistogramKind, Limiter, RelabelRule, TenantSettings};

const NO_PROCESSOR: &str = "no processor is on, so no series are made: \
     set overrides.defaults.metrics_generator.processors to [service-graphs]";

/// The notices about `file`, which had the `foreign` keys and resolved to `defaults`.
pub fn of(file: &File, mut foreign: Found, defaults: &TenantSettings) -> Vec<String> {
    let overrides = &file.overrides;
    let processors = overrides.defaults.metrics_generator.processors.as_deref();
    if has_local_blocks(&overrides.defaults) {
        foreign.ignored.push("processor local-blocks".to_owned());
    }

    let mut notices = without_effect(&foreign);
    notices.extend(about_origins(file));
    notices.extend(about_rates(&overrides.defaults, defaults, "overrides.defaults"));
    let idle = idle_limit(&overrides.defaults, defaults, "overrides.defaults");
    notices.extend(about_idle_limits(idle.into_iter().collect(), defaults));
    notices.extend(version_of_no_tls(file));
    notices.extend(short_stop(file, defaults));
    notices.extend(state_below_tempo(file));
    notices.extend(unsent_native_histograms(defaults));
    notices.extend(unknown_groups(defaults));
    notices.extend(digit_names::notice(defaults));
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
    }
    let mut notices = without_effect(&foreign);
    for (name, tenant) in &file.overrides {
        let settings = overridden.of(name).into_iter();
        notices.extend(settings.flat_map(|settings| {
            let block = format!("overrides.{}", name.as_str());
            about_rates(tenant, settings, &block)
        }));
    }
    let written = file.overrides.iter();
    let idle = written.filter_map(|(name, tenant)| {
        idle_limit(
            tenant,
            overridden.of(name)?,
            &format!("overrides.{}", name.as_str()),
        )
    });
    let any = overridden.all().next();
    notices.extend(any.and_then(|settings| about_idle_limits(idle.collect(), settings)));
    notices.extend(overridden.all().find_map(unsent_native_histograms));
    notices.extend(overridden.all().find_map(unknown_groups));
    notices.extend(overridden.all().find_map(digit_names::notice));
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
    let names = foreign.ignored.join(", ");
    let ignored =
        (!names.is_empty()).then(|| format!("ignored keys of Tempo that spangraph has no use for: {names}"));
    ignored.into_iter().chain(foreign.told.iter().cloned()).collect()
}

/// Origins that no browser ever names, and headers for nobody.
fn about_origins(file: &File) -> Vec<String> {
    const BLOCK: &str = "distributor.receivers.otlp.protocols.http.cors";
    let Some(http) = &file.distributor.receivers.otlp.protocols.http else {
        return Vec::new();
    };
    let cors = &http.cors;
    let never = cors
        .allowed_origins
        .iter()
        .filter(|origin| !can_be_origin(origin));
    let never = never.map(|origin| {
        format!("{BLOCK}.allowed_origins: no browser names the origin {origin:?}; write scheme://host or scheme://host:port")
    });
    let for_nobody = cors.allowed_origins.is_empty() && !cors.allowed_headers.is_empty();
    let for_nobody =
        for_nobody.then(|| format!("{BLOCK}.allowed_headers has no effect without allowed_origins"));
    never.chain(for_nobody).collect()
}

/// Whether a browser may name an origin that `pattern` matches: a scheme, a host and perhaps a port, with at most one
/// `*` for any part of them.
fn can_be_origin(pattern: &str) -> bool {
    if pattern.matches('*').count() > 1 {
        return false;
    }
    let (_, host) = pattern.split_once("://").unwrap_or(("", pattern));
    let has_scheme = pattern.contains("://") || pattern.starts_with('*');
    pattern == "null" || (has_scheme && !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']))
}

/// Limits on bytes that are not counted as they are written in `block`.
fn about_rates(written: &Tenant, settings: &TenantSettings, block: &str) -> Vec<String> {
    let ingestion = &written.ingestion;
    // A limit for all instances together would have to be shared between them.
    let by_instance = (ingestion.rate_strategy == Some(RateStrategy::Global)).then(|| {
        format!(
            "{block}.ingestion.rate_strategy: global counts as local does: each process allows rate_limit_bytes, so \
             divide it by the number of processes that a tenant sends to"
        )
    });
    let has_burst = ingestion.burst_size_bytes.is_some_and(|burst| burst > 0);
    let burst_alone = (has_burst && settings.ingestion.limit().is_none())
        .then(|| format!("{block}.ingestion.burst_size_bytes has no effect without rate_limit_bytes"));
    by_instance.into_iter().chain(burst_alone).collect()
}

/// The key of a limit in `block` that counts what is not limited, so that there is none.
fn idle_limit(written: &Tenant, settings: &TenantSettings, block: &str) -> Option<String> {
    let generator = &written.metrics_generator;
    let (idle, key) = match settings.registry.limiter {
        Limiter::Series(_) => (generator.max_active_entities, "max_active_entities"),
        Limiter::Entities(_) => (generator.max_active_series, "max_active_series"),
    };
    let is_limit = idle.is_some_and(|most| most > 0);
    is_limit.then(|| format!("{block}.metrics_generator.{key}"))
}

/// Many tenants may have such keys, and what is limited is the same for all.
fn about_idle_limits(keys: Vec<String>, settings: &TenantSettings) -> Option<String> {
    let limiter = match settings.registry.limiter {
        Limiter::Series(_) => "series",
        Limiter::Entities(_) => "entity",
    };
    let keys = keys.join(", ");
    (!keys.is_empty()).then(|| {
        format!("no effect with metrics_generator.limiter_type: {limiter}, so nothing is limited by {keys}")
    })
}

/// Who writes it may take the pages for protected.
fn version_of_no_tls(file: &File) -> Option<String> {
    let server = &file.server;
    let is_written = matches!(server.tls_min_version, Some(UnlessEmpty(Some(_))));
    let has_tls = matches!(server.http_tls_config.cert_file, Some(UnlessEmpty(Some(_))));
    (is_written && !has_tls).then(|| {
        "server.tls_min_version has no effect without server.http_tls_config: pages are served without TLS".to_owned()
    })
}

/// Who set the time for the last samples may count on it.
fn short_stop(file: &File, defaults: &TenantSettings) -> Option<String> {
    let whole: Duration = (*file.spangraph.stop.deadline.as_ref()?).into();
    let flush = defaults.remote_write_flush_deadline;
    if durability::resolve(file).is_some() {
        // What is not taken stays on the disk.
        return None;
    }
    (!defaults.remote_write.is_empty() && whole < flush).then(|| {
        format!(
            "spangraph.stop.deadline ends a stop after {}, before metrics_generator.storage.remote_write_flush_deadline \
             is over ({}): what stores have not taken by then is lost",
            humantime::format_duration(whole),
            humantime::format_duration(flush)
        )
    })
}

/// Who takes over a file of Tempo's did not ask for it.
fn state_below_tempo(file: &File) -> Option<String> {
    durability::implied_path(file).map(|path| {
        format!(
            "state that outlives the process is kept in {}, below metrics_generator.storage.path; \
             spangraph.durability.mode: none switches that off",
            path.display()
        )
    })
}

/// Histograms that are made and do not leave the process are easily taken for lost ones.
fn unsent_native_histograms(settings: &TenantSettings) -> Option<String> {
    let native = settings.registry.histograms.kind != HistogramKind::Classic;
    let endpoints = settings.remote_write.iter();
    let unsent: Vec<&str> = endpoints
        .filter(|endpoint| native && !endpoint.send_native_histograms)
        .map(|endpoint| endpoint.name.as_str())
        .collect();
    (!unsent.is_empty()).then(|| {
        format!(
            "native histograms are made and not sent to the endpoint {}: its send_native_histograms is false, which Tempo \
             does not heed; take it out when the store takes them",
            unsent.join(", ")
        )
    })
}

/// Prometheus puts nothing there, which is easily taken for a variable that was empty.
fn unknown_groups(settings: &TenantSettings) -> Option<String> {
    settings.remote_write.iter().find_map(|endpoint| {
        let rules = endpoint.write_relabel_rules.iter();
        let unknown: Vec<_> = rules.flat_map(RelabelRule::unknown_groups).collect();
        (!unknown.is_empty()).then(|| {
            format!(
                "write_relabel_configs of the endpoint {} name groups that their regex does not have, so nothing stands \
                 there: {} (environment variables are not put into these rules)",
                endpoint.name,
                unknown.join(", ")
            )
        })
    })
}
