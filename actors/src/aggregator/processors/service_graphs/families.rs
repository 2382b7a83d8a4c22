//! The families of service graphs, and what an edge is in each.

use spangraph_config::TenantSettings;

use crate::aggregator::histograms::Observation;
use crate::aggregator::labels::LabelSetId;
use crate::aggregator::series::{Family, FamilyId, FamilyKind, FamilyTable, SeriesStore, Update, add_family};
use crate::batches::Edge;

/// The families that are on.
#[derive(Debug, Default)]
pub struct ServiceGraphFamilies {
    /// Calls.
    pub request_total: Option<FamilyId>,
    /// Calls that failed.
    pub request_failed_total: Option<FamilyId>,
    /// Latency at the server.
    pub request_server_seconds: Option<FamilyId>,
    /// Latency at the client.
    pub request_client_seconds: Option<FamilyId>,
    request_messaging_system_seconds: Option<FamilyId>,
    connection_info: Option<FamilyId>,
}

/// The name of a family behind `traces_service_graph_`, and its help text.
type Name = (&'static str, &'static str);

const REQUEST_TOTAL: Name = ("request_total", "Calls between two services.");
const REQUEST_FAILED_TOTAL: Name = (
    "request_failed_total",
    "Calls between two services that failed on either side.",
);
const REQUEST_SERVER_SECONDS: Name = (
    "request_server_seconds",
    "How long calls took as the called service saw it.",
);
const REQUEST_CLIENT_SECONDS: Name = (
    "request_client_seconds",
    "How long calls took as the calling service saw it.",
);
const REQUEST_MESSAGING_SYSTEM_SECONDS: Name = (
    "request_messaging_system_seconds",
    "How long messages were between producer and consumer.",
);
const CONNECTION_INFO: Name = ("connection_info", "1 for every connection between two services.");

impl ServiceGraphFamilies {
    /// Adds the families that `settings` switch on to `families`.
    pub fn new(settings: &TenantSettings, families: &mut FamilyTable<Family>) -> Self {
        let mut add = |on: bool, (name, help): Name, kind: &FamilyKind| {
            let family = || Family::new(format!("traces_service_graph_{name}"), help, kind);
            add_family(families, on.then(family))
        };
        let (processors, graphs) = (settings.processors, &settings.service_graphs);
        let (request, latency) = (
            processors.service_graphs_request,
            processors.service_graphs_latency,
        );
        let messaging = latency && graphs.enable_messaging_system_latency_histogram;
        let info = processors.service_graphs_connection_info;
        let counter = FamilyKind::Counter;
        let seconds = FamilyKind::Histogram(graphs.histogram_buckets.clone(), settings.registry.histograms);
        Self {
            request_total: add(request, REQUEST_TOTAL, &counter),
            request_failed_total: add(request, REQUEST_FAILED_TOTAL, &counter),
            request_server_seconds: add(latency, REQUEST_SERVER_SECONDS, &seconds),
            request_client_seconds: add(latency, REQUEST_CLIENT_SECONDS, &seconds),
            request_messaging_system_seconds: add(messaging, REQUEST_MESSAGING_SYSTEM_SECONDS, &seconds),
            connection_info: add(info, CONNECTION_INFO, &FamilyKind::Gauge),
        }
    }

    /// All that are on.
    pub fn all(&self) -> impl Iterator<Item = FamilyId> + use<> {
        let all = [
            self.request_total,
            self.request_failed_total,
            self.request_server_seconds,
            self.request_client_seconds,
            self.request_messaging_system_seconds,
            self.connection_info,
        ];
        all.into_iter().flatten()
    }

    /// Whether any family is on.
    pub fn any(&self) -> bool {
        self.request_total
            .or(self.request_server_seconds)
            .or(self.connection_info)
            .is_some()
    }

    /// Updates what `edge` has a part in, by series of `label_set`.
    pub fn update(&self, store: &mut SeriesStore, label_set: LabelSetId, edge: &Edge, now: i64) {
        let mut update = |family: Option<FamilyId>, update: Update| {
            if let Some(family) = family {
                store.update(family, label_set, update, now);
            }
        };
        let observe = |seconds: f64| {
            Update::Observe(Observation {
                seconds,
                weight: edge.multiplier,
                trace_id: edge.trace_id,
            })
        };
        let latencies = [
            (self.request_server_seconds, edge.server_latency),
            (self.request_client_seconds, edge.client_latency),
        ];
        update(self.request_total, Update::Add(edge.multiplier));
        if edge.failed {
            update(self.request_failed_total, Update::Add(edge.multiplier));
        }
        for (family, latency) in latencies {
            if let Some(seconds) = latency.seconds() {
                update(family, observe(seconds));
            }
        }
        if edge.messaging_seconds > 0.0 {
            update(
                self.request_messaging_system_seconds,
                observe(edge.messaging_seconds),
            );
        }
        update(self.connection_info, Update::Set(1.0));
    }
}
