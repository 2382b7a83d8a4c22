//! Service graphs: the families and labels that edges update.

use spangraph_config::{ServiceGraphsSettings, TenantSettings};

use super::family::{Family, FamilyId, FamilyKind, Update};
use super::histogram::Observation;
use super::keys::Keys;
use super::label_names::sanitise;
use super::label_sets::LabelSetId;
use super::series_store::SeriesStore;
use super::symbols::Symbol;
use crate::edge::{Edge, Edges};
use crate::half_edge::{Connection, Side};
use crate::texts::{TextId, Texts};

/// The service graphs of one tenant, over its series store (SPEC §2).
#[derive(Debug)]
pub struct ServiceGraphs {
    families: ServiceGraphFamilies,
    /// `client`, `server`, `connection_type`, the dimensions, `virtual_node`: a key's symbols stand in this order.
    label_names: Vec<String>,
    virtual_node_label: bool,
    keys: Keys,
    batch: BatchSymbols,
    key: Vec<Symbol>,
}

/// The families that are on.
#[derive(Debug, Default)]
struct ServiceGraphFamilies {
    request_total: Option<FamilyId>,
    request_failed_total: Option<FamilyId>,
    request_server_seconds: Option<FamilyId>,
    request_client_seconds: Option<FamilyId>,
    request_messaging_system_seconds: Option<FamilyId>,
    connection_info: Option<FamilyId>,
}

/// The symbols of the texts that one batch of edges can name; `None` where no key has them yet.
#[derive(Debug, Default)]
struct BatchSymbols {
    texts: Vec<Option<Symbol>>,
    connections: [Option<Symbol>; CONNECTIONS.len()],
    sides: [Option<Symbol>; SIDES.len()],
}

/// One edge with what of its batch belongs to it.
#[derive(Clone, Copy)]
struct Call<'a> {
    edge: &'a Edge,
    dimensions: &'a [TextId],
    texts: &'a Texts,
}

const CONNECTIONS: [Connection; 4] = [
    Connection::Unset,
    Connection::MessagingSystem,
    Connection::Database,
    Connection::VirtualNode,
];
const SIDES: [&str; 2] = ["client", "server"];
/// Labels that every key has besides the dimensions.
const FIXED_LABELS: usize = 4;

impl ServiceGraphs {
    /// Adds the families that `settings` switch on to `families`.
    pub fn new(settings: &TenantSettings, families: &mut Vec<Family>) -> Self {
        let label_names = label_names(&settings.service_graphs);
        Self {
            families: ServiceGraphFamilies::new(settings, families),
            virtual_node_label: settings.service_graphs.enable_virtual_node_label,
            keys: Keys::new(label_names.len()),
            batch: BatchSymbols::default(),
            key: Vec::with_capacity(label_names.len()),
            label_names,
        }
    }

    /// Updates the series of every edge.
    pub fn apply(&mut self, edges: &Edges, store: &mut SeriesStore, now_unix_milliseconds: i64) {
        if !self.families.any() {
            return;
        }
        self.batch.begin(&edges.texts, &self.keys);
        let width = self.label_names.len() - FIXED_LABELS;
        // A batch made under other settings has other dimensions: better none than wrong ones.
        let fits = edges.dimensions.len() == edges.edges.len() * width;
        for (index, edge) in edges.edges.iter().enumerate() {
            let dimensions = if fits {
                &edges.dimensions[index * width..][..width]
            } else {
                &[]
            };
            self.apply_call(
                Call {
                    edge,
                    dimensions,
                    texts: &edges.texts,
                },
                store,
                now_unix_milliseconds,
            );
        }
    }

    /// Forgets the keys that were last used at `oldest` or before, and those whose label set lost its series.
    pub fn forget(&mut self, oldest: i64, store: &SeriesStore) {
        self.keys.retain(oldest, |label_set| store.has_series(label_set));
    }

    /// The keys by which label sets are found.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    fn apply_call(&mut self, call: Call<'_>, store: &mut SeriesStore, now: i64) {
        if let Some(label_set) = self.find(call, now) {
            return self.families.update(store, label_set, call.edge, now);
        }
        let values = self.values(call);
        let own = self.label_names.iter().zip(&values);
        let label_set = store.label_set(own.filter_map(|(name, value)| Some((name.as_str(), (*value)?))));
        self.families.update(store, label_set, call.edge, now);
        // What a limit turns away leaves nothing behind, or a flood of it would fill the memory.
        if !store.has_series(label_set) {
            store.remove_if_empty(label_set);
        } else if !store.is_overflow(label_set) {
            self.keys.insert(&values, label_set, now);
            self.batch.learn(call, &self.keys);
        }
    }

    /// The label set of the call when its key is known; otherwise some text may not even have a symbol.
    fn find(&mut self, call: Call<'_>, now: i64) -> Option<LabelSetId> {
        let Call { edge, dimensions, .. } = call;
        self.key.clear();
        self.key.push(self.batch.text(edge.client)?);
        self.key.push(self.batch.text(edge.server)?);
        self.key
            .push(self.batch.connections[connection_index(edge.connection)]?);
        for dimension in dimensions {
            self.key.push(self.batch.text(*dimension)?);
        }
        self.key.resize(self.label_names.len() - 1, Symbol::ABSENT);
        match self.virtual_side(edge) {
            Some(side) => self.key.push(self.batch.sides[side_index(side)]?),
            None => self.key.push(Symbol::ABSENT),
        }
        self.keys.find(&self.key, now)
    }

    /// The values of the call's labels in the order of their names.
    fn values<'a>(&self, call: Call<'a>) -> Vec<Option<&'a str>> {
        let Call {
            edge,
            dimensions,
            texts,
        } = call;
        let text = |id: TextId| id.is_present().then(|| texts.get(id));
        let mut values = vec![
            text(edge.client),
            text(edge.server),
            Some(edge.connection.as_str()),
        ];
        values.extend(dimensions.iter().map(|dimension| text(*dimension)));
        values.resize(self.label_names.len() - 1, None);
        values.push(self.virtual_side(edge).map(|side| SIDES[side_index(side)]));
        values
    }

    fn virtual_side(&self, edge: &Edge) -> Option<Side> {
        edge.virtual_side.filter(|_| self.virtual_node_label)
    }
}

impl ServiceGraphFamilies {
    fn new(settings: &TenantSettings, families: &mut Vec<Family>) -> Self {
        let mut add = |on: bool, name: &str, help, kind: &FamilyKind| {
            let id = u16::try_from(families.len()).ok().filter(|_| on).map(FamilyId)?;
            families.push(Family::new(format!("traces_service_graph_{name}"), help, kind));
            Some(id)
        };
        let (processors, graphs) = (settings.processors, &settings.service_graphs);
        let (request, latency) = (
            processors.service_graphs_request,
            processors.service_graphs_latency,
        );
        let messaging = latency && graphs.enable_messaging_system_latency_histogram;
        let counter = FamilyKind::Counter;
        let seconds = FamilyKind::Histogram(graphs.histogram_buckets.clone());
        Self {
            request_total: add(request, "request_total", REQUEST_TOTAL, &counter),
            request_failed_total: add(request, "request_failed_total", REQUEST_FAILED_TOTAL, &counter),
            request_server_seconds: add(
                latency,
                "request_server_seconds",
                REQUEST_SERVER_SECONDS,
                &seconds,
            ),
            request_client_seconds: add(
                latency,
                "request_client_seconds",
                REQUEST_CLIENT_SECONDS,
                &seconds,
            ),
            request_messaging_system_seconds: add(
                messaging,
                "request_messaging_system_seconds",
                REQUEST_MESSAGING_SYSTEM_SECONDS,
                &seconds,
            ),
            connection_info: add(
                processors.service_graphs_connection_info,
                "connection_info",
                CONNECTION_INFO,
                &FamilyKind::Gauge,
            ),
        }
    }

    fn any(&self) -> bool {
        self.request_total
            .or(self.request_server_seconds)
            .or(self.connection_info)
            .is_some()
    }

    fn update(&self, store: &mut SeriesStore, label_set: LabelSetId, edge: &Edge, now: i64) {
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
        update(self.request_total, Update::Add(edge.multiplier));
        if edge.failed {
            update(self.request_failed_total, Update::Add(edge.multiplier));
        }
        update(self.request_server_seconds, observe(edge.server_seconds));
        update(self.request_client_seconds, observe(edge.client_seconds));
        if edge.messaging_seconds > 0.0 {
            update(
                self.request_messaging_system_seconds,
                observe(edge.messaging_seconds),
            );
        }
        update(self.connection_info, Update::Set(1.0));
    }
}

const REQUEST_TOTAL: &str = "Calls between two services.";
const REQUEST_FAILED_TOTAL: &str = "Calls between two services that failed on either side.";
const REQUEST_SERVER_SECONDS: &str = "How long calls took as the called service saw it.";
const REQUEST_CLIENT_SECONDS: &str = "How long calls took as the calling service saw it.";
const REQUEST_MESSAGING_SYSTEM_SECONDS: &str = "How long messages were between producer and consumer.";
const CONNECTION_INFO: &str = "1 for every connection between two services.";

impl BatchSymbols {
    fn begin(&mut self, texts: &Texts, keys: &Keys) {
        let symbols = keys.symbols();
        self.texts.clear();
        self.texts.extend(texts.iter().map(|text| symbols.find(text)));
        self.connections = CONNECTIONS.map(|connection| symbols.find(connection.as_str()));
        self.sides = SIDES.map(|side| symbols.find(side));
    }

    /// Takes up the symbols that the key of `call` has just brought.
    fn learn(&mut self, call: Call<'_>, keys: &Keys) {
        let symbols = keys.symbols();
        for text in call
            .dimensions
            .iter()
            .chain([&call.edge.client, &call.edge.server])
        {
            if let Some(symbol) = self.texts.get_mut(text.index()) {
                *symbol = symbols.find(call.texts.get(*text));
            }
        }
        let connection = connection_index(call.edge.connection);
        self.connections[connection] = symbols.find(CONNECTIONS[connection].as_str());
        self.sides = SIDES.map(|side| symbols.find(side));
    }

    fn text(&self, text: TextId) -> Option<Symbol> {
        if !text.is_present() {
            return Some(Symbol::ABSENT);
        }
        self.texts.get(text.index()).copied().flatten()
    }
}

/// The names of the labels, in the order in which one of the same name wins over those before it.
fn label_names(settings: &ServiceGraphsSettings) -> Vec<String> {
    let prefixes: &[&str] = if settings.enable_client_server_prefix {
        &["client_", "server_"]
    } else {
        &[""]
    };
    let dimensions = prefixes.iter().flat_map(|prefix| {
        settings
            .dimensions
            .iter()
            .map(move |name| sanitise(&format!("{prefix}{name}")))
    });
    let before = ["client", "server", "connection_type"].map(str::to_owned);
    before
        .into_iter()
        .chain(dimensions)
        .chain(["virtual_node".to_owned()])
        .collect()
}

fn connection_index(connection: Connection) -> usize {
    match connection {
        Connection::Unset => 0,
        Connection::MessagingSystem => 1,
        Connection::Database => 2,
        Connection::VirtualNode => 3,
    }
}

fn side_index(side: Side) -> usize {
    match side {
        Side::Client => 0,
        Side::Server => 1,
    }
}
