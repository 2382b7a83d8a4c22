//! `metrics_generator.storage`: where series are written to.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::remote_write::RemoteWrite;
use super::values::{GoDuration, UnlessEmpty};

/// `metrics_generator.storage`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Storage {
    /// Where Tempo keeps its samples: state that outlives the process lies in the folder `spangraph` below it, unless
    /// `spangraph.durability` says otherwise. Default none; leave it as Tempo has it.
    pub path: Option<UnlessEmpty<PathBuf>>,
    /// How long a stopping process goes on sending what it has, within `spangraph.stop.deadline`. Default `1m`; keep it
    /// 25 seconds below the time that your supervisor gives it.
    pub remote_write_flush_deadline: Option<GoDuration<0>>,
    /// Whether `X-Scope-OrgID: <tenant>` goes along with multi-tenancy on. Default `true`; switch it off when
    /// all tenants are written to one.
    pub remote_write_add_org_id_header: Option<bool>,
    /// The endpoints; with none, series are there to scrape at `/metrics/generated`. Default `[]`; set it when you have
    /// a store.
    pub remote_write: Vec<RemoteWrite>,
}
