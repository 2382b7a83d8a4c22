//! `spangraph.durability`: what outlives the process.

use std::num::NonZeroU64;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::values::{GoDuration, UnlessEmpty};

/// `spangraph.durability`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Durability {
    /// What outlives the process: with `none` nothing, with `epochs` series, waiting halves and unsent samples as they were
    /// at the last epoch, at most `interval` ago. Default `epochs` when `path` is set, or
    /// `metrics_generator.storage.path` is, else `none`.
    pub mode: Option<DurabilityMode>,
    /// The folder of the state, made when it is not there. One server at a time uses it. Default the folder
    /// `spangraph` below `metrics_generator.storage.path`, or none; set it to a place on a local disk that outlives the
    /// process, such as a volume.
    pub path: Option<UnlessEmpty<PathBuf>>,
    /// The longest time between two epochs, at most `1h`; a collection is an epoch too. Default `15s`; lower it to lose less in a
    /// crash, at the price of more writing.
    pub interval: Option<GoDuration<1000>>,
    /// What may wait on the disk for one endpoint that does not take samples; past it the oldest go and are counted. Default
    /// `1073741824` (1 GiB); raise it to get over longer outages of the store.
    #[schemars(extend("unit" = "bytes"))]
    pub max_bytes: Option<NonZeroU64>,
}

/// What outlives the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DurabilityMode {
    /// Nothing.
    None,
    /// All up to the last epoch.
    Epochs,
}
