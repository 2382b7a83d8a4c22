//! The main file: what was written over the defaults, and what only the running process knows.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{defaults, endpoints, tree};
use crate::Config;
use crate::resolve::registry;
use crate::resolve::remote_write::names;
use crate::schema::remote_write::RemoteWrite;

const PROTOCOLS: &str = "/distributor/receivers/otlp/protocols";
const INSTANCE_VALUE: &str = "/spangraph/instance_label/value";
const PROCESSORS: &str = "/overrides/defaults/metrics_generator/processors";
const ENDPOINTS: &str = "/metrics_generator/storage/remote_write";
const OVERRIDING_ENDPOINTS: &str = "/overrides/defaults/metrics_generator/remote_write";

/// Every key with the value in force.
pub fn effective(config: &Config) -> Value {
    let mut tree = without_endpoints(config);
    set_endpoints(&mut tree, config, endpoints::effective);
    tree
}

/// The keys whose value in force differs from the default.
pub fn diff(config: &Config) -> Value {
    let mut tree = without_endpoints(config);
    set_endpoints(&mut tree, config, endpoints::diff);
    let mut defaults = effective(&Config::default());
    // A file that does not name the processors has none on, so no default stands for them.
    tree::set(&mut defaults, PROCESSORS, Value::Null);
    if !has_both_protocols(config) {
        // A transport is off because only the other is named.
        tree::set(&mut defaults, PROTOCOLS, Value::Null);
    }
    let mut differing = tree::differing(&tree, &defaults).unwrap_or_else(|| json!({}));
    name_both_protocols(&mut differing, config);
    differing
}

/// A transport without differences is on only when it is named beside the other.
fn name_both_protocols(differing: &mut Value, config: &Config) {
    let protocols = differing.pointer_mut(PROTOCOLS).and_then(Value::as_object_mut);
    if let Some(protocols) = protocols.filter(|_| has_both_protocols(config)) {
        for transport in ["grpc", "http"] {
            protocols.entry(transport).or_insert_with(|| json!({}));
        }
    }
}

fn without_endpoints(config: &Config) -> Value {
    let mut tree = defaults::of_file();
    let mut written = tree::written(config.file());
    tree::remove(&mut written, "/metrics_generator/storage", "remote_write");
    tree::remove(
        &mut written,
        "/overrides/defaults/metrics_generator",
        "remote_write",
    );
    tree::lay_over(&mut tree, written);
    if config
        .file()
        .overrides
        .defaults
        .metrics_generator
        .processors
        .is_none()
    {
        tree::set(&mut tree, PROCESSORS, Vec::<Value>::new());
    }
    name_protocols(&mut tree, config);
    fill_in(&mut tree, config);
    tree
}

fn set_endpoints(tree: &mut Value, config: &Config, print: impl Fn(&[RemoteWrite], &[String]) -> Vec<Value>) {
    let written = &config.file().metrics_generator.storage.remote_write;
    let names = names(written, BTreeSet::new());
    tree::set(tree, ENDPOINTS, print(written, &names));
    let generator = &config.file().overrides.defaults.metrics_generator;
    if let Some(written) = &generator.remote_write {
        let names = endpoints::names_of_override(generator, names.into_iter());
        tree::set(tree, OVERRIDING_ENDPOINTS, print(written, &names));
    }
}

/// Leaves out the transport that is off.
fn name_protocols(tree: &mut Value, config: &Config) {
    let server = config.server();
    if server.grpc.is_none() {
        tree::remove(tree, PROTOCOLS, "grpc");
    }
    if server.http.is_none() {
        tree::remove(tree, PROTOCOLS, "http");
    }
}

fn has_both_protocols(config: &Config) -> bool {
    let server = config.server();
    server.grpc.is_some() && server.http.is_some()
}

/// Puts in what depends on the host.
fn fill_in(tree: &mut Value, config: &Config) {
    let actors = config.server().actors;
    tree::set(tree, "/spangraph/ingest/actors", actors.ingest_actors);
    tree::set(tree, "/spangraph/matcher/shards", actors.matcher_shards);
    tree::set(tree, "/spangraph/writer/threads", actors.writer_threads);
    if tree::at(tree, INSTANCE_VALUE) == "" {
        tree::set(tree, INSTANCE_VALUE, registry::host_name());
    }
}
