//! The effective settings of one tenant.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{
    HostInfoSettings, IngestionSettings, Processors, RegistrySettings, RemoteWriteEndpoint, Secret,
    ServiceGraphsSettings, SpanMetricsSettings,
};

/// Everything the pipeline needs to know to serve one tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct TenantSettings {
    /// How much it may send.
    pub ingestion: IngestionSettings,
    /// The processors that are on.
    pub processors: Processors,
    /// How halves of edges become edges.
    pub service_graphs: ServiceGraphsSettings,
    /// How spans become calls, latencies and sizes.
    pub span_metrics: SpanMetricsSettings,
    /// How hosts are found.
    pub host_info: HostInfoSettings,
    /// How series are kept, labelled, limited and collected.
    pub registry: RegistrySettings,
    /// A span whose end lies further than this from now, before or after, is discarded (SPEC §1).
    pub ingestion_time_range_slack: Duration,
    /// Durations that cannot be are observed, as Tempo does: those of spans without a start, and those longer than a
    /// day and the slack. Otherwise no histogram takes them.
    pub observe_impossible_durations: bool,
    /// Series are counted but never sent.
    pub disable_collection: bool,
    /// Where series are written to; empty means that they are only there to scrape.
    pub remote_write: Vec<RemoteWriteEndpoint>,
    /// Headers of this tenant for every endpoint, over the endpoint's own.
    pub remote_write_headers: BTreeMap<String, Secret>,
    /// Whether `X-Scope-OrgID: <tenant>` goes along (never for the single tenant, SPEC §8).
    pub remote_write_add_org_id_header: bool,
    /// How long a stopping writer goes on sending what it has.
    pub remote_write_flush_deadline: Duration,
}

impl TenantSettings {
    /// Whether exemplars are of any use to the endpoints: one wants them, or there is none yet.
    #[must_use]
    pub fn sends_exemplars(&self) -> bool {
        self.remote_write.is_empty() || self.remote_write.iter().any(|endpoint| endpoint.send_exemplars)
    }
}

impl Default for TenantSettings {
    fn default() -> Self {
        Self {
            ingestion: IngestionSettings::default(),
            processors: Processors {
                service_graphs_request: true,
                service_graphs_latency: true,
                ..Processors::default()
            },
            service_graphs: ServiceGraphsSettings::default(),
            span_metrics: SpanMetricsSettings::default(),
            host_info: HostInfoSettings::default(),
            registry: RegistrySettings::default(),
            ingestion_time_range_slack: Duration::from_secs(30),
            observe_impossible_durations: false,
            disable_collection: false,
            remote_write: Vec::new(),
            remote_write_headers: BTreeMap::new(),
            remote_write_add_org_id_header: true,
            remote_write_flush_deadline: Duration::from_secs(60),
        }
    }
}
