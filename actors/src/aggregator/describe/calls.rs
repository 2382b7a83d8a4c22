//! The calls between services, from the rows of the service graph's families.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::EdgeDescription;
use super::latency::LatencyReader;
use crate::aggregator::labels::{EncodedLabels, LabelSetId};
use crate::aggregator::processors::ServiceGraphs;
use crate::aggregator::series::{Family, FamilyId, SeriesStore, Values};

/// The edges found so far, and where each label set's is; `None` for label sets that are no call.
struct Calls<'s> {
    store: &'s SeriesStore,
    edges: Vec<EdgeDescription>,
    places: HashMap<LabelSetId, Option<usize>>,
}

/// One edge for each label set that has a series in a family of `graphs`.
pub fn describe(graphs: &ServiceGraphs, store: &SeriesStore) -> Vec<EdgeDescription> {
    let mut calls = Calls {
        store,
        edges: Vec::new(),
        places: HashMap::new(),
    };
    let families = graphs.families();
    calls.read_counter(families.request_total, |edge| &mut edge.calls);
    calls.read_counter(families.request_failed_total, |edge| &mut edge.failed);
    calls.read_latency(families.request_server_seconds, |edge| &mut edge.server_latency);
    calls.read_latency(families.request_client_seconds, |edge| &mut edge.client_latency);
    calls.edges
}

impl<'s> Calls<'s> {
    fn read_counter(&mut self, family: Option<FamilyId>, field: fn(&mut EdgeDescription) -> &mut f64) {
        self.for_each_row(family, |family, row, edge| {
            if let Values::Counter(values) = &family.values {
                *field(edge) = *values.first(row);
            }
        });
    }

    fn read_latency(
        &mut self,
        family: Option<FamilyId>,
        field: fn(&mut EdgeDescription) -> &mut Option<super::LatencyDescription>,
    ) {
        let reader = family.map(|family| LatencyReader::new(&self.store.families[family]));
        self.for_each_row(family, |_, row, edge| {
            *field(edge) = reader.as_ref().and_then(|reader| reader.read(row));
        });
    }

    fn for_each_row(&mut self, id: Option<FamilyId>, read: impl Fn(&Family, usize, &mut EdgeDescription)) {
        let Some(id) = id else { return };
        let family = &self.store.families[id];
        for row in 0..family.heads.rows() {
            let head = family.heads.first(row);
            if let Some(edge) = self.edge(head.label_set) {
                edge.updated_unix_milliseconds = edge.updated_unix_milliseconds.max(head.updated);
                read(family, row, edge);
            }
        }
    }

    fn edge(&mut self, id: LabelSetId) -> Option<&mut EdgeDescription> {
        let place = match self.places.entry(id) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                let set = self.store.sets.get(id);
                let edge = named(&set.labels).filter(|_| !set.is_overflow);
                let place = edge.map(|edge| {
                    self.edges.push(edge);
                    self.edges.len() - 1
                });
                *new.insert(place)
            }
        };
        self.edges.get_mut(place?)
    }
}

/// An edge that is only named; `None` when external labels took a side away.
fn named<B: AsRef<[u8]>>(labels: &EncodedLabels<B>) -> Option<EdgeDescription> {
    let mut edge = EdgeDescription::default();
    for (name, value) in labels.pairs() {
        let value = value.to_owned();
        match name {
            "client" => edge.client = value,
            "server" => edge.server = value,
            "connection_type" => edge.connection_type = value,
            "virtual_node" => edge.virtual_node = Some(value),
            other => edge.dimensions.push((other.to_owned(), value)),
        }
    }
    (!edge.client.is_empty() && !edge.server.is_empty()).then_some(edge)
}
