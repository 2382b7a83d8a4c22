//! The entries of the override file, each over what the main file gives to all tenants.

use serde_json::{Map, Value, json};

use super::{PrintMode, endpoints, file, tree};
use crate::schema::override_file::TenantName;
use crate::schema::overrides::Tenant;
use crate::{Config, TenantId};

const PROCESSOR: &str = "/metrics_generator/processor";
const HEADERS: &str = "/metrics_generator/remote_write_headers";

const ENDPOINTS: &str = "/metrics_generator/remote_write";
const ENDPOINTS_MODE: &str = "/metrics_generator/remote_write_mode";

/// Keys of an entry that win over one elsewhere unless they are `0s`.
const WIN_UNLESS_ZERO: [(&str, &str); 2] = [
    (
        "/metrics_generator/collection_interval",
        "/metrics_generator/registry/collection_interval",
    ),
    (
        "/metrics_generator/ingestion_time_range_slack",
        "/metrics_generator/metrics_ingestion_time_range_slack",
    ),
];

/// All entries, below the key that the override file has.
pub fn all(config: &Config, mode: PrintMode) -> Value {
    let defaults = defaults(config);
    let others = (TenantName::Others, of_name(config, &TenantName::Others));
    let named = config.entries().overrides.iter();
    let named = named.filter(|(name, _)| **name != TenantName::Others && mode != PrintMode::Defaults);
    let named = named.map(|(name, written)| (name.clone(), Some(written)));
    let entries = std::iter::once(others)
        .chain(named)
        .filter_map(|(name, written)| {
            let entry = entry(config, written, &defaults, mode);
            let says_something = name != TenantName::Others || entry != json!({});
            says_something.then(|| (String::from(name), entry))
        });
    let entries: Map<_, _> = entries.collect();
    json!({ "overrides": entries })
}

/// The entry of one tenant.
pub fn one(config: &Config, id: &TenantId, mode: PrintMode) -> Value {
    let own = of_name(config, &TenantName::Named(id.clone()));
    let written = own.or_else(|| of_name(config, &TenantName::Others));
    entry(config, written, &defaults(config), mode)
}

fn of_name<'a>(config: &'a Config, name: &TenantName) -> Option<&'a Tenant> {
    config.entries().overrides.get(name)
}

fn entry(config: &Config, written: Option<&Tenant>, defaults: &Value, mode: PrintMode) -> Value {
    let mut defaults = defaults.clone();
    if mode == PrintMode::Defaults {
        return defaults;
    }
    if written.is_some_and(|written| has_other_headers(config, written)) {
        // They are replaced whole, and their printed values cannot be compared.
        tree::set(&mut defaults, HEADERS, Value::Null);
    }
    let mut effective = defaults.clone();
    tree::lay_over(&mut effective, written.map(tree::written).unwrap_or_default());
    set_endpoints(&mut effective, config, written, mode);
    if mode == PrintMode::Diff {
        return tree::differing(&effective, &defaults).unwrap_or_else(|| json!({}));
    }
    effective
}

fn set_endpoints(tree: &mut Value, config: &Config, written: Option<&Tenant>, mode: PrintMode) {
    let generator = written.map(|tenant| &tenant.metrics_generator);
    if let Some((generator, list)) = generator.and_then(|it| Some((it, it.remote_write.as_ref()?))) {
        let above = config.defaults().remote_write.iter();
        let names = endpoints::names_of_override(generator, above.map(|endpoint| endpoint.name.clone()));
        let print = match mode {
            PrintMode::Diff => endpoints::diff(list, &names),
            _ => endpoints::effective(list, &names),
        };
        tree::set(tree, ENDPOINTS, print);
    }
}

fn has_other_headers(config: &Config, written: &Tenant) -> bool {
    let defaults = &config
        .file()
        .overrides
        .defaults
        .metrics_generator
        .remote_write_headers;
    let own = &written.metrics_generator.remote_write_headers;
    own.as_ref().is_some_and(|own| {
        defaults
            .as_ref()
            .map_or(!own.is_empty(), |defaults| own != defaults)
    })
}

/// The entry that says what a tenant without an entry has.
fn defaults(config: &Config) -> Value {
    let file = file::effective(config);
    let mut entry = tree::at(&file, "/overrides/defaults");
    let mut processor = tree::at(&file, PROCESSOR);
    tree::lay_over(&mut processor, tree::at(&entry, PROCESSOR));
    tree::set(&mut entry, PROCESSOR, processor);
    // A tenant has the endpoints that these lists gave; an entry that named them again would have them twice.
    tree::set(&mut entry, ENDPOINTS, Value::Null);
    tree::set(&mut entry, ENDPOINTS_MODE, "replace");
    for (key, elsewhere) in WIN_UNLESS_ZERO {
        if tree::at(&entry, key) == "0s" {
            tree::set(&mut entry, key, tree::at(&file, elsewhere));
        }
    }
    entry
}
