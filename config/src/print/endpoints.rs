//! The remote-write endpoints, each over an endpoint's defaults.

use serde_json::Value;

use super::{file, tree};
use crate::Config;
use crate::schema::remote_write::RemoteWrite;

/// Each with every key.
pub fn effective(config: &Config) -> Vec<Value> {
    let defaults = file::endpoint_defaults();
    let written = config.file().metrics_generator.storage.remote_write.iter();
    let named = written.zip(config.endpoint_names());
    named
        .map(|(written, name)| {
            let mut endpoint = defaults.clone();
            tree::lay_over(&mut endpoint, tree::written(written));
            tree::set(&mut endpoint, "/name", name);
            endpoint
        })
        .collect()
}

/// Each with its URL and the keys that differ from the defaults of an endpoint.
pub fn diff(config: &Config) -> Vec<Value> {
    let written = &config.file().metrics_generator.storage.remote_write;
    let each = effective(config).into_iter().zip(written);
    each.filter_map(|(endpoint, written)| tree::differing(&endpoint, &defaults_of(written)))
        .collect()
}

fn defaults_of(written: &RemoteWrite) -> Value {
    let mut defaults = file::endpoint_defaults();
    let name = written.url.as_ref().map(|url| url.authority());
    tree::set(&mut defaults, "/name", name);
    tree::set(&mut defaults, "/url", Value::Null);
    defaults
}
