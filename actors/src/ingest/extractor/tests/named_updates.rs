//! Span updates with their texts, and nothing that depends on numbers of a table.

use super::*;
use crate::span_updates::SpanUpdates;

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
        let text = |id: TextId| Texts::get(&updates.texts, id).to_owned();
        let width = updates.labels.len().checked_div(updates.entries.len());
        let width = width.unwrap_or(0);
        assert_eq!(updates.labels.len(), width * updates.entries.len());
        let labels = |entry: usize| -> Labels {
            let ids = &updates.labels[entry * width..][..width];
            ids.iter().map(|id| id.is_present().then(|| text(*id))).collect()
        };
        let entries = updates
            .entries
            .iter()
            .enumerate()
            .map(|(index, entry)| NamedEntry {
                labels: labels(index),
                calls: entry.calls,
                size_bytes: entry.size_bytes,
            });
        let observations = updates.observations.iter().map(|observed| NamedObservation {
            labels: labels(observed.entry as usize),
            seconds: observed.seconds,
            weight: observed.weight,
            trace_id: observed.trace_id,
        });
        let mut start = 0;
        let targets = updates.targets.iter().map(|target| {
            let end = target.labels_end as usize;
            let labels = &updates.target_labels[std::mem::replace(&mut start, end)..end];
            labels
                .iter()
                .map(|(name, value)| (text(*name), text(*value)))
                .collect()
        });
        Self {
            entries: entries.collect(),
            observations: observations.collect(),
            targets: targets.collect(),
            hosts: updates
                .hosts
                .iter()
                .map(|host| (text(host.id), text(host.source)))
                .collect(),
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
