//! Span updates with their texts, and nothing that depends on numbers of a table.

use super::*;
use crate::batches::{HostInfo, SpanEntry, SpanObservation, SpanUpdates};

/// Span updates by name; observations hold the labels that they are of.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct NamedUpdates {
    pub(super) entries: Vec<NamedEntry>,
    pub(super) observations: Vec<NamedObservation>,
    pub(super) targets: Vec<Vec<(String, String)>>,
    pub(super) hosts: Vec<(String, String)>,
}

/// Label values in the order of [`SpanUpdates::labels`].
pub(super) type Labels = Vec<Option<String>>;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct NamedEntry {
    pub(super) labels: Labels,
    pub(super) calls: f64,
    pub(super) size_bytes: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct NamedObservation {
    pub(super) labels: Labels,
    pub(super) seconds: f64,
    pub(super) weight: f64,
    pub(super) trace_id: [u8; 16],
}

impl NamedUpdates {
    pub(super) fn of(updates: &SpanUpdates) -> Self {
        let entries = updates.entries.iter().enumerate();
        let entry = |(index, entry): (usize, &SpanEntry)| NamedEntry {
            labels: labels(updates, index),
            calls: entry.calls,
            size_bytes: entry.size_bytes,
        };
        let observation = |observed: &SpanObservation| NamedObservation {
            labels: labels(updates, observed.entry as usize),
            seconds: observed.seconds,
            weight: observed.weight,
            trace_id: observed.trace_id,
        };
        let host = |host: &HostInfo| (text(updates, host.id), text(updates, host.source));
        Self {
            entries: entries.map(entry).collect(),
            observations: updates.observations.iter().map(observation).collect(),
            targets: targets(updates),
            hosts: updates.hosts.iter().map(host).collect(),
        }
    }

    /// Adds what a later request gave, as an aggregator would.
    pub(super) fn add(&mut self, later: Self) {
        for entry in later.entries {
            match self.entries.iter_mut().find(|known| known.labels == entry.labels) {
                Some(known) => {
                    known.calls += entry.calls;
                    known.size_bytes += entry.size_bytes;
                }
                None => self.entries.push(entry),
            }
        }
        self.observations.extend(later.observations);
        self.targets.extend(later.targets);
        let new = |host: &(String, String)| !self.hosts.contains(host);
        let hosts: Vec<_> = later.hosts.into_iter().filter(new).collect();
        self.hosts.extend(hosts);
    }
}

fn text(updates: &SpanUpdates, id: TextId) -> String {
    Texts::get(&updates.texts, id).to_owned()
}

fn labels(updates: &SpanUpdates, entry: usize) -> Labels {
    let width = updates.labels.len().checked_div(updates.entries.len());
    let width = width.unwrap_or(0);
    assert_eq!(updates.labels.len(), width * updates.entries.len());
    let ids = updates.labels[entry * width..][..width].iter();
    ids.map(|id| id.is_present().then(|| text(updates, *id)))
        .collect()
}

fn targets(updates: &SpanUpdates) -> Vec<Vec<(String, String)>> {
    let mut start = 0;
    let targets = updates.targets.iter().map(|target| {
        let end = target.labels_end as usize;
        let labels = updates.target_labels[std::mem::replace(&mut start, end)..end].iter();
        labels
            .map(|(name, value)| (text(updates, *name), text(updates, *value)))
            .collect()
    });
    targets.collect()
}
