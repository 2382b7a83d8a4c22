//! What a layer shows of its keys to those who count them.

use super::keys::Keys;
use crate::aggregator::labels::Dimension;

/// The keys of one layer and what stands where in them.
#[derive(Clone, Copy, Debug)]
pub struct KeyTable<'r> {
    /// The keys.
    pub keys: &'r Keys,
    /// The labels' names in the order of a key's symbols; of repeated names the last value wins.
    pub label_names: &'r [String],
    /// The labels that the settings ask for.
    pub dimensions: &'r [Dimension],
    /// Where the service stands whose series a key stands for.
    pub service: usize,
}
