//! What becomes of the labels of series before they are sent (Prometheus' `write_relabel_configs`).

mod template;

use std::num::NonZeroU64;

use regex::Regex;

pub use template::Template;

/// One rule, checked; rules are applied one after the other.
#[derive(Clone, Debug)]
pub struct RelabelRule {
    /// The labels whose values, with `separator` between, are what the rule looks at; a missing one is empty.
    pub source_labels: Vec<String>,
    /// What stands between the values.
    pub separator: String,
    /// What the whole of the values, or of a label's name, must match.
    pub regex: Regex,
    /// What is done.
    pub action: RelabelAction,
}

/// What a rule does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RelabelAction {
    /// When the values match, sets the label `target`; to nothing removes it.
    Replace {
        /// The label's name.
        target: Template,
        /// Its value.
        replacement: Template,
    },
    /// Drops series whose values do not match.
    Keep,
    /// Drops series whose values match.
    Drop,
    /// Drops series whose values are not those of `target`.
    KeepEqual {
        /// The label's name.
        target: String,
    },
    /// Drops series whose values are those of `target`.
    DropEqual {
        /// The label's name.
        target: String,
    },
    /// Sets `target` to a hash of the values modulo `modulus`.
    HashMod {
        /// The label's name.
        target: String,
        /// One more than the largest result.
        modulus: NonZeroU64,
    },
    /// Copies each label whose name matches to the name `replacement`.
    LabelMap {
        /// The new name.
        replacement: Template,
    },
    /// Removes each label whose name matches.
    LabelDrop,
    /// Removes each label whose name does not match.
    LabelKeep,
    /// Sets `target` to the values in lower case.
    Lowercase {
        /// The label's name.
        target: String,
    },
    /// Sets `target` to the values in upper case.
    Uppercase {
        /// The label's name.
        target: String,
    },
}

impl RelabelRule {
    /// The groups that the rule names in letters and its expression does not have.
    pub(crate) fn unknown_groups(&self) -> Vec<&str> {
        match &self.action {
            RelabelAction::Replace { target, replacement } => target
                .unknown_names()
                .chain(replacement.unknown_names())
                .collect(),
            RelabelAction::LabelMap { replacement } => replacement.unknown_names().collect(),
            _ => Vec::new(),
        }
    }
}

impl PartialEq for RelabelRule {
    fn eq(&self, other: &Self) -> bool {
        self.source_labels == other.source_labels
            && self.separator == other.separator
            && self.regex.as_str() == other.regex.as_str()
            && self.action == other.action
    }
}
