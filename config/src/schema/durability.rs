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
    /// at the last epoch, at most `interval` ago, with `log` also every request that was answered since. Default `epochs`
    /// when `path` is set, or `metrics_generator.storage.path` is, else `none`; choose `log` when no answered span may be
    /// lost, at the price of a write and a sync before the answer.
    pub mode: Option<DurabilityMode>,
    /// The folder of the state, made when it is not there. One server at a time uses it. Default the folder
    /// `spangraph` below `metrics_generator.storage.path`, or none; set it to a place on a local disk that outlives the
    /// process, such as a volume.
    pub path: Option<UnlessEmpty<PathBuf>>,
    /// The longest time between two epochs, at most `1h`; a collection is an epoch too. Default `15s`; lower it to lose less in a
    /// crash, at the price of more writing.
    pub interval: Option<GoDuration<1000>>,
    /// What may wait on the disk for one endpoint that does not take samples; past it the oldest go and are counted. With
    /// mode `log` the span log may have as much too, see `on_full`. Default `1073741824` (1 GiB); raise it to get over
    /// longer outages of the store.
    #[schemars(extend("unit" = "bytes"))]
    pub max_bytes: Option<NonZeroU64>,
    /// With mode `log`: whether a request is answered once it is synced to the disk (`always`), or once it is written
    /// (`interval`), to be synced within `sync_interval`. Default `always`; with `interval` answers wait for no disk, and
    /// what came last is lost when the machine stops, though not when only the process does.
    pub sync: Option<SyncMode>,
    /// With `sync: interval`: how long after it was written a request is synced at the latest. Default `1s`; lower it to
    /// lose less when the machine stops.
    pub sync_interval: Option<GoDuration<1>>,
    /// With mode `log`: what becomes of requests that cannot be logged, because the log or the disk is full or fails. With
    /// `refuse` their senders are asked to come again, with `continue` they are taken and a crash may lose them. Default
    /// `refuse`; choose `continue` when graphs that go on matter more than that none of them is lost.
    pub on_full: Option<OnFull>,
    /// With mode `log`: samples of the past are made again after a start for so long a time at the most; what is older is in
    /// the first of them. Default `50m`: Prometheus takes no sample that is older than an hour.
    pub max_backfill: Option<GoDuration<0>>,
}

/// What outlives the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DurabilityMode {
    /// Nothing.
    None,
    /// All up to the last epoch.
    Epochs,
    /// All that was answered.
    Log,
}

/// When a logged request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SyncMode {
    /// Once it is synced.
    Always,
    /// Once it is written.
    Interval,
}

/// What becomes of requests that cannot be logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OnFull {
    /// They are refused, with advice to come again.
    Refuse,
    /// They are taken, and not logged.
    Continue,
}
