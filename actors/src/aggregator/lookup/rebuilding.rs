//! Makes keys anew from the label sets that they led to.

use super::keys::Keys;
use crate::aggregator::labels::LabelSetId;
use crate::aggregator::series::{FamilyId, SeriesStore};

impl Keys {
    /// Adds a key for each label set that has series in `families`: the values that its labels of these names have. The
    /// first `given` values are empty where there is no such label, and not absent. Where values were cut or hidden by others
    /// that key would not lead to it; then there is none, and one is learnt when it comes.
    pub fn rebuild(
        &mut self,
        (label_names, given): (&[String], usize),
        families: impl Iterator<Item = FamilyId>,
        store: &SeriesStore,
    ) {
        for (label_set, used) in last_uses(families, store) {
            let set = store.sets.get(label_set);
            if set.is_overflow {
                continue;
            }
            let pairs: Vec<_> = set.labels.pairs().collect();
            let value = |(place, name): (usize, &String)| {
                let found = pairs.iter().find(|(found, _)| found == name);
                let empty = (place < given).then_some("");
                found.map(|(_, value)| *value).or(empty)
            };
            let values: Vec<_> = label_names.iter().enumerate().map(value).collect();
            let own = label_names.iter().zip(&values);
            let own = own.filter_map(|(name, value)| Some((name.as_str(), (*value)?)));
            if store.is_made_of(label_set, own) && self.find_values(&values, used).is_none() {
                self.insert(&values, label_set, used);
            }
        }
    }
}

/// The label sets with series in `families`, and when one of those was last updated.
fn last_uses(
    families: impl Iterator<Item = FamilyId>,
    store: &SeriesStore,
) -> impl Iterator<Item = (LabelSetId, i64)> {
    let mut uses = vec![None; store.sets.table().rows()];
    for family in families {
        let heads = store.families[family].heads.blocks();
        for head in heads.flat_map(|block| block.values) {
            if let Some(used) = uses.get_mut(head.label_set.index()) {
                *used = (*used).max(Some(head.updated));
            }
        }
    }
    let uses = (0..).map(LabelSetId).zip(uses);
    uses.filter_map(|(label_set, used)| Some((label_set, used?)))
}
