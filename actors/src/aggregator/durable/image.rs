//! The image of a registry: its series as of a cut, and the collection that is due there.

use std::fmt;

use crate::aggregator::collecting::{FrozenCollection, FrozenSeries};
use crate::aggregator::exposition::{self, Basis, Exposition};
use crate::aggregator::processors::FrozenSpanNames;
use crate::batches::Collected;

/// A registry as it was at a cut. It shares with the live one what that does not change meanwhile, so it is soon taken.
#[derive(Debug)]
pub struct RegistryImage {
    pub(super) series: FrozenSeries,
    pub(super) names: FrozenSpanNames,
    /// None when nothing is collected at the cut.
    collection: Option<FrozenCollection>,
}

impl RegistryImage {
    /// The image of these `series`, and of the patterns of span names.
    pub(in crate::aggregator) fn new(
        series: FrozenSeries,
        names: FrozenSpanNames,
        collection: Option<FrozenCollection>,
    ) -> Self {
        Self {
            series,
            names,
            collection,
        }
    }

    /// Encodes every series once, as the registry would have done at the cut, and hands on what is encoded by and by.
    /// Nothing when nothing is collected at the cut.
    pub fn collect(&self, hand_on: &mut dyn FnMut(Collected)) {
        if let Some(collection) = &self.collection {
            collection.write(&self.series, hand_on);
        }
    }

    /// Writes `page` in one go, as the registry would have done at the cut.
    ///
    /// # Errors
    /// Never: text can always be written.
    pub fn expose(&self, page: &mut Exposition) -> fmt::Result {
        exposition::write_slice(self.series.exposed(), page, Basis::default(), usize::MAX)
    }
}
