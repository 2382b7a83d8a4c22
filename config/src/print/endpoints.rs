//! Lists of remote-write endpoints, each over an endpoint's defaults.

use serde_json::Value;

use super::{defaults, tree};
use crate::resolve::remote_write::names;
use crate::schema::overrides::{RemoteWriteMode, TenantGenerator};
use crate::schema::remote_write::RemoteWrite;

/// Each with every key; `names` are those in force.
pub fn effective(written: &[RemoteWrite], names: &[String]) -> Vec<Value> {
    let defaults = defaults::of_endpoint();
    let named = written.iter().zip(names);
    named
        .map(|(written, name)| {
            let mut endpoint = defaults.clone();
            tree::lay_over(&mut endpoint, tree::written(written));
            tree::set(&mut endpoint, "/name", name.as_str());
            endpoint
        })
        .collect()
}

/// Each with its URL and the keys that differ from the defaults of an endpoint.
pub fn diff(written: &[RemoteWrite], names: &[String]) -> Vec<Value> {
    let each = effective(written, names).into_iter().zip(written);
    each.filter_map(|(endpoint, written)| tree::differing(&endpoint, &defaults_of(written)))
        .collect()
}

/// The names of the endpoints that `generator` names, `above` being those without it.
pub fn names_of_override(generator: &TenantGenerator, above: impl Iterator<Item = String>) -> Vec<String> {
    let appended = generator.remote_write_mode == Some(RemoteWriteMode::Append);
    let taken = above.filter(|_| appended).collect();
    names(generator.remote_write.as_deref().unwrap_or_default(), taken)
}

fn defaults_of(written: &RemoteWrite) -> Value {
    let mut defaults = defaults::of_endpoint();
    let name = written.url.as_ref().map(|url| url.authority());
    tree::set(&mut defaults, "/name", name);
    tree::set(&mut defaults, "/url", Value::Null);
    defaults
}
