//! Service graphs: the families and labels that edges update.

mod batch_symbols;
mod families;

use spangraph_config::{ServiceGraphsSettings, TenantSettings};

use self::batch_symbols::{BatchSymbols, side_text};
pub use self::families::ServiceGraphFamilies;
use crate::aggregator::labels::{Dimension, DimensionSetting, LabelSetId, dimensions};
use crate::aggregator::limits::LabelLimits;
use crate::aggregator::lookup::{KeyTable, KeyedLabels, Keys, Symbol};
use crate::aggregator::series::{Family, FamilyTable, SeriesStore};
use crate::batches::{Edge, Edges, Side, TextId, Texts};
use crate::label_names::sanitise;

/// The service graphs of one tenant, over its series store (SPEC §2).
#[derive(Debug)]
pub struct ServiceGraphs {
    families: ServiceGraphFamilies,
    /// `client`, `server`, `connection_type`, the dimensions, `virtual_node`: a key's symbols stand in this order.
    pub labels: KeyedLabels,
    dimensions: Vec<Dimension>,
    virtual_node_label: bool,
    batch: BatchSymbols,
    key: Vec<Symbol>,
}

/// One edge with what of its batch belongs to it.
#[derive(Clone, Copy)]
struct Call<'a> {
    edge: &'a Edge,
    dimensions: &'a [TextId],
    texts: &'a Texts,
}

/// The labels before the dimensions.
const OWN_LABELS: [&str; 3] = ["client", "server", "connection_type"];
/// The place of `client`.
const CLIENT: usize = 0;
/// Labels that every key has besides the dimensions.
const FIXED_LABELS: usize = OWN_LABELS.len() + 1;

impl ServiceGraphs {
    /// Adds the families that `settings` switch on to `families`.
    pub fn new(
        settings: &TenantSettings,
        families: &mut FamilyTable<Family>,
        limits: &mut LabelLimits,
    ) -> Self {
        let label_names = label_names(&settings.service_graphs);
        let first = families.len();
        let own = ServiceGraphFamilies::new(settings, families);
        // The last one is `virtual_node`.
        let used = label_names.len() - usize::from(!settings.service_graphs.enable_virtual_node_label);
        for family in families.iter_mut().skip(first) {
            family.label_names = label_names.iter().take(used).cloned().collect();
        }
        Self {
            families: own,
            dimensions: configured_dimensions(&settings.service_graphs),
            virtual_node_label: settings.service_graphs.enable_virtual_node_label,
            batch: BatchSymbols::default(),
            key: Vec::with_capacity(label_names.len()),
            labels: KeyedLabels::new(label_names, limits),
        }
    }

    /// Updates the series of every edge.
    pub fn apply(&mut self, edges: &Edges, store: &mut SeriesStore, now_unix_milliseconds: i64) {
        if !self.families.any() {
            return;
        }
        self.batch.begin(&edges.texts, &self.labels.keys);
        let width = self.labels.names.len() - FIXED_LABELS;
        // A batch made under other settings has other dimensions: better none than wrong ones.
        let fits = edges.dimensions.len() == edges.edges.len() * width;
        let dimensions = if fits { edges.dimensions.as_slice() } else { &[] };
        let mut dimensions = dimensions.chunks_exact(width.max(1));
        for edge in &edges.edges {
            self.apply_call(
                Call {
                    edge,
                    dimensions: dimensions.next().unwrap_or_default(),
                    texts: &edges.texts,
                },
                store,
                now_unix_milliseconds,
            );
        }
    }

    /// Makes keys for the label sets that there are.
    pub fn rebuild_keys(&mut self, store: &SeriesStore) {
        let names = (self.labels.names.as_slice(), OWN_LABELS.len());
        self.labels.keys.rebuild(names, self.families.all(), store);
    }

    /// The families that are on.
    pub fn families(&self) -> &ServiceGraphFamilies {
        &self.families
    }

    /// The keys by which label sets are found.
    pub fn keys(&self) -> &Keys {
        &self.labels.keys
    }

    /// The keys, in which a call is its client's.
    pub fn key_table(&self) -> KeyTable<'_> {
        KeyTable {
            keys: &self.labels.keys,
            label_names: &self.labels.names,
            dimensions: &self.dimensions,
            service: CLIENT,
        }
    }

    fn apply_call(&mut self, call: Call<'_>, store: &mut SeriesStore, now: i64) {
        let is_limited = store.label_limits.any_over();
        if !is_limited && let Some(label_set) = self.find(call, now) {
            return self.families.update(store, label_set, call.edge, now);
        }
        let mut values = self.values(call);
        self.labels.limit(&mut values, store);
        if is_limited && let Some(label_set) = self.labels.keys.find_values(&values, now) {
            return self.families.update(store, label_set, call.edge, now);
        }
        let label_set = self.labels.make_label_set(&values, store);
        self.families.update(store, label_set, call.edge, now);
        let is_own = store.settle(label_set) == label_set && !store.is_overflow(label_set);
        if is_own && !self.labels.keys.are_full(store.label_sets()) {
            self.labels.keys.insert(&values, label_set, now);
            self.batch.learn(call, &self.labels.keys);
        }
    }

    /// The label set of the call when its key is known; otherwise some text may not even have a symbol.
    fn find(&mut self, call: Call<'_>, now: i64) -> Option<LabelSetId> {
        let Call { edge, dimensions, .. } = call;
        self.key.clear();
        self.key.push(self.batch.text(edge.client)?);
        self.key.push(self.batch.text(edge.server)?);
        self.key.push(self.batch.connection(edge.connection)?);
        for dimension in dimensions {
            self.key.push(self.batch.text(*dimension)?);
        }
        self.key.resize(self.labels.names.len() - 1, Symbol::ABSENT);
        match self.virtual_side(edge) {
            Some(side) => self.key.push(self.batch.side(side)?),
            None => self.key.push(Symbol::ABSENT),
        }
        self.labels.keys.find(&self.key, now)
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
        values.resize(self.labels.names.len() - 1, None);
        values.push(self.virtual_side(edge).map(side_text));
        values
    }

    fn virtual_side(&self, edge: &Edge) -> Option<Side> {
        edge.virtual_side.filter(|_| self.virtual_node_label)
    }
}

/// The dimensions, once for each prefix, at their places among the labels.
fn configured_dimensions(settings: &ServiceGraphsSettings) -> Vec<Dimension> {
    let names = prefixes(settings).iter().flat_map(|_| &settings.dimensions);
    dimensions(OWN_LABELS.len(), DimensionSetting::ServiceGraphs, names).collect()
}

/// What stands before the names of dimensions: each is one label for each prefix.
fn prefixes(settings: &ServiceGraphsSettings) -> &'static [&'static str] {
    if settings.enable_client_server_prefix {
        &["client_", "server_"]
    } else {
        &[""]
    }
}

/// The names of the labels, in the order in which one of the same name wins over those before it.
fn label_names(settings: &ServiceGraphsSettings) -> Vec<String> {
    let dimensions = prefixes(settings).iter().flat_map(|prefix| {
        settings
            .dimensions
            .iter()
            .map(move |name| sanitise(&format!("{prefix}{name}")))
    });
    OWN_LABELS
        .map(str::to_owned)
        .into_iter()
        .chain(dimensions)
        .chain(["virtual_node".to_owned()])
        .collect()
}
