//! `spangraph`: what only spangraph has.

use std::num::NonZeroUsize;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::authentication::Authentication;
use super::durability::Durability;
use super::values::{GoDuration, HostPattern, LabelName};

/// `spangraph`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Spangraph {
    /// The actors that walk the received bytes.
    pub ingest: Ingest,
    /// The actors that pair halves of edges.
    pub matcher: Matcher,
    /// The actors that keep series, one a tenant.
    pub aggregator: Aggregator,
    /// The actors that write to endpoints, one a tenant and endpoint.
    pub writer: Writer,
    /// What may be admitted and not yet applied; past it requests are refused whole, so that senders try again.
    pub admission: Admission,
    /// The label that tells instances apart.
    pub instance_label: InstanceLabel,
    /// How long spans can have taken.
    pub durations: Durations,
    /// What both receivers have in common.
    pub receivers: Receivers,
    /// Who may send, as which tenant, and who may see the pages.
    pub authentication: Authentication,
    /// Names by which pages are asked for.
    pub pages: Pages,
    /// `POST /-/reload`.
    pub reload_endpoint: ReloadEndpoint,
    /// How the process ends.
    pub stop: Stop,
    /// What outlives the process.
    pub durability: Durability,
}

/// `spangraph.stop`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Stop {
    /// The most that a stop may take, from the signal to the end of the process, whatever hangs; when it is short,
    /// writers get what is left of it. Default none: `remote_write_flush_deadline` and 25 seconds; set it a few seconds
    /// below what your supervisor gives.
    pub deadline: Option<GoDuration<1>>,
}

/// `spangraph.ingest`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ingest {
    /// Actors that walk received bytes, a thread each. Default half the cores, at least 1; raise it when they are busy
    /// and cores are idle.
    #[schemars(extend("unit" = "actors"))]
    pub actors: Option<NonZeroUsize>,
    /// Requests that wait in one mailbox. Default `1024`; raise it when short bursts are refused.
    #[schemars(extend("unit" = "requests"))]
    pub mailbox: Option<NonZeroUsize>,
}

/// `spangraph.matcher`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Matcher {
    /// Actors that pair halves of edges, each on a thread of its own with its share of the traces. Default a quarter of
    /// the cores, at least 1; raise it when they are busy and cores are idle.
    #[schemars(extend("unit" = "actors"))]
    pub shards: Option<NonZeroUsize>,
    /// Batches that wait in one mailbox. Default `1024`; raise it when short bursts are refused.
    #[schemars(extend("unit" = "batches"))]
    pub mailbox: Option<NonZeroUsize>,
    /// What the texts of one tenant's waiting edges may take: services, peers, dimensions. Past it halves that would have
    /// to wait are dropped and counted, as they are past `max_items`. Default `67108864` (64 MiB); raise it when
    /// `spangraph_pending_text_bytes` comes near it.
    #[schemars(extend("unit" = "bytes"))]
    pub max_text_bytes: Option<NonZeroUsize>,
}

/// `spangraph.aggregator`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Aggregator {
    /// Batches that wait in one tenant's mailbox. Default `1024`; raise it when short bursts are refused.
    #[schemars(extend("unit" = "batches"))]
    pub mailbox: Option<NonZeroUsize>,
}

/// `spangraph.writer`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Writer {
    /// Threads over which the writers of all tenants and endpoints are spread. Default a quarter of the cores, at least
    /// 1; raise it when writers of many tenants are busy and cores are idle.
    #[schemars(extend("unit" = "threads"))]
    pub threads: Option<NonZeroUsize>,
}

/// `spangraph.admission`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Admission {
    /// What may be admitted and not yet applied; past it requests are refused whole. Default `1000000`; lower it to
    /// bound memory.
    #[schemars(extend("unit" = "spans"))]
    pub max_spans: Option<NonZeroUsize>,
    /// The same, after decompression. Default `268435456` (256 MiB); lower it to bound memory.
    #[schemars(extend("unit" = "bytes"))]
    pub max_bytes: Option<NonZeroUsize>,
    /// Tenants that run at one time. Default `10000`; a tenant costs about 52 KiB when it sends little, so lower it
    /// when strangers could name tenants and memory is short, and raise it when there are more. Requests of a further
    /// tenant are refused until one was idle for `stale_duration`.
    #[schemars(extend("unit" = "tenants"))]
    pub max_tenants: Option<NonZeroUsize>,
}

/// `spangraph.instance_label`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct InstanceLabel {
    /// Whether every series carries the label. Default `true`; switch it off only when one instance writes.
    pub enabled: Option<bool>,
    /// The label's name, by default as in Tempo. Default `__metrics_gen_instance`; change it when the store
    /// deduplicates by another.
    pub name: Option<LabelName>,
    /// The label's value; `""` is the host's name. Default `""`; set it when host names change at every restart.
    pub value: Option<String>,
}

/// `spangraph.durations`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Durations {
    /// Whether histograms take durations that cannot be, as Tempo's do: of spans without a start, which would last since
    /// 1970, and longer than 24 h and the slack. Default `false`; switch it on for Tempo's numbers to the last, though
    /// one such span spoils the mean of its series.
    pub observe_impossible: Option<bool>,
}

/// `spangraph.receivers`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Receivers {
    /// The most connections of each receiver at one time. Default `10000`; raise it when many senders connect.
    #[schemars(extend("unit" = "connections"))]
    pub max_connections: Option<NonZeroUsize>,
    /// How long an HTTP body may take to arrive. Default `30s`; raise it when senders have slow lines.
    pub body_timeout: Option<GoDuration<1>>,
}

/// `spangraph.pages`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pages {
    /// Names by which pages may be asked for, besides addresses, loopback's names, the machine's own and that of
    /// `server.http_listen_address`; `*.example` stands for all below it, and `*` for any name. Pages of other sites that
    /// point a name of their own here read nothing. Default none. Set it when people come by another name.
    pub hosts: Vec<HostPattern>,
}

/// `spangraph.reload_endpoint`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReloadEndpoint {
    /// Whether `POST /-/reload` on the pages' listener loads the configuration again, as SIGHUP always does.
    /// Default `false`; switch it on only when all who reach the pages may do that.
    pub enabled: Option<bool>,
}
