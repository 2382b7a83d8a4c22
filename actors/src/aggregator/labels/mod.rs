//! Label sets: what a series is, which labels the settings ask for, and what they make of them.

mod dimensions;
mod label_rules;
mod label_set;
mod label_sets;

pub use dimensions::{Dimension, DimensionSetting, dimensions};
pub use label_rules::LabelRules;
pub use label_set::{EncodedLabels, bound_label, name_label};
pub use label_sets::{LabelSet, LabelSetId, LabelSets, encode_label_sets};
