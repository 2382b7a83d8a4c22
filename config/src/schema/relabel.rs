//! One of `write_relabel_configs`, in Prometheus' names.

use schemars::JsonSchema;
use serde::de::value::StringDeserializer;
use serde::de::{Deserializer, IntoDeserializer};
use serde::{Deserialize, Serialize};

use super::values::Pattern;

/// One rule; which keys it may have depends on its action.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct RelabelConfig {
    /// The labels whose values, with the separator between, are looked at. Default `[]`.
    pub source_labels: Option<Vec<String>>,
    /// What stands between the values. Default `;`.
    pub separator: Option<String>,
    /// The label that is set or compared. Default none; the action says whether it is needed.
    pub target_label: Option<String>,
    /// What the whole of the values, or of a label's name, must match. Default `(.*)`.
    pub regex: Option<Pattern>,
    /// With `hashmod`, what the hash is divided by. Default none.
    pub modulus: Option<u64>,
    /// What is set, with `$1` and `${name}` for groups of the expression. Default `$1`.
    pub replacement: Option<String>,
    /// What is done. Default `replace`.
    pub action: Option<Action>,
}

/// What a rule does; written in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    #[default]
    Replace,
    Keep,
    Drop,
    KeepEqual,
    DropEqual,
    HashMod,
    LabelMap,
    LabelDrop,
    LabelKeep,
    Lowercase,
    Uppercase,
}

/// The same names, for texts that are in lower case.
#[derive(Deserialize)]
#[serde(remote = "Action", rename_all = "lowercase")]
enum InLowerCase {
    Replace,
    Keep,
    Drop,
    KeepEqual,
    DropEqual,
    HashMod,
    LabelMap,
    LabelDrop,
    LabelKeep,
    Lowercase,
    Uppercase,
}

impl<'de> Deserialize<'de> for Action {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?.to_lowercase();
        let lower: StringDeserializer<D::Error> = text.into_deserializer();
        InLowerCase::deserialize(lower)
    }
}

impl Action {
    /// The name as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Replace => "replace",
            Self::Keep => "keep",
            Self::Drop => "drop",
            Self::KeepEqual => "keepequal",
            Self::DropEqual => "dropequal",
            Self::HashMod => "hashmod",
            Self::LabelMap => "labelmap",
            Self::LabelDrop => "labeldrop",
            Self::LabelKeep => "labelkeep",
            Self::Lowercase => "lowercase",
            Self::Uppercase => "uppercase",
        }
    }
}
