//! The schema of the file: what users may write, block by block, each key with effect, default and when to change it.
//!
//! Every key is optional here. What a key left out means is decided where the blocks are resolved into settings,
//! so that an override can tell "not written" from "written with the default's value".

pub mod authentication;
pub mod distributor;
pub mod durability;
pub mod filter_policies;
pub mod host_info;
pub mod metrics_generator;
mod named_values;
pub mod override_file;
pub mod overrides;
pub mod registry;
pub mod relabel;
pub mod remote_write;
pub mod server;
pub mod service_graphs;
pub mod span_metrics;
pub mod spangraph;
pub mod storage;
pub mod tls;
pub mod values;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The file as a whole.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct File {
    /// The HTTP server of pages, own metrics and scrape; and the log.
    pub server: server::Server,
    /// Whether tenants come from `X-Scope-OrgID`, and requests without it are refused; else every span belongs to
    /// `single-tenant`. Default `false`; switch it on when several teams send to one process.
    pub multitenancy_enabled: Option<bool>,
    /// Where spans are received.
    pub distributor: distributor::Distributor,
    /// How series are made of spans, kept and sent.
    pub metrics_generator: metrics_generator::MetricsGenerator,
    /// What is on for every tenant, and each tenant's limits.
    pub overrides: overrides::Overrides,
    /// What only spangraph has: actors, mailboxes, admission.
    pub spangraph: spangraph::Spangraph,
}
