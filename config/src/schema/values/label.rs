//! Names of labels, and of attributes that become labels.

use serde::{Deserialize, Serialize};

/// A label's name: `[a-zA-Z_][a-zA-Z0-9_]*`, neither `__name__` nor `le`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(try_from = "String")]
pub struct LabelName(String);

/// The name of an attribute that becomes a label; as a label it is neither `__name__` nor `le`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String")]
pub struct Dimension(String);

/// The name of an attribute, not empty.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String")]
pub struct AttributeName(String);

/// The name of a metric: `[a-zA-Z_:][a-zA-Z0-9_:]*`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String")]
pub struct MetricName(String);

/// Why a text is not such a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// The text is empty.
    #[error("must not be empty")]
    Empty,
    /// It has a character that labels cannot have.
    #[error("{0:?} is not a label name, write letters, digits and _, with no digit first")]
    Label(String),
    /// It has a character that metrics cannot have.
    #[error("{0:?} is not a metric name, write letters, digits, _ and :, with no digit first")]
    Metric(String),
    /// Another processor's series have it.
    #[error("{0:?} is a metric of another processor, choose another name")]
    Taken(String),
    /// Prometheus means something else by it.
    #[error("{0:?} would be the label {1}, which is reserved")]
    Reserved(String, &'static str),
}

impl TryFrom<String> for LabelName {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        let named = is_name(&text, |c| c == '_' || c.is_ascii_alphanumeric());
        if named {
            unreserved(text).map(Self)
        } else {
            Err(InvalidName::Label(text))
        }
    }
}

impl TryFrom<String> for Dimension {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        if text.is_empty() {
            Err(InvalidName::Empty)
        } else {
            unreserved(text).map(Self)
        }
    }
}

impl TryFrom<String> for AttributeName {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        if text.is_empty() {
            Err(InvalidName::Empty)
        } else {
            Ok(Self(text))
        }
    }
}

impl TryFrom<String> for MetricName {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        let named = is_name(&text, |c| c == '_' || c == ':' || c.is_ascii_alphanumeric());
        let taken = [
            "traces_service_graph_",
            "traces_spanmetrics_",
            "traces_target_info",
        ];
        if !named {
            Err(InvalidName::Metric(text))
        } else if taken.iter().any(|taken| text.starts_with(taken)) {
            Err(InvalidName::Taken(text))
        } else {
            Ok(Self(text))
        }
    }
}

impl From<LabelName> for String {
    fn from(name: LabelName) -> Self {
        name.0
    }
}

impl From<Dimension> for String {
    fn from(name: Dimension) -> Self {
        name.0
    }
}

impl From<MetricName> for String {
    fn from(name: MetricName) -> Self {
        name.0
    }
}

impl From<AttributeName> for String {
    fn from(name: AttributeName) -> Self {
        name.0
    }
}

fn is_name(text: &str, belongs: impl Fn(char) -> bool) -> bool {
    !text.is_empty() && !text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(belongs)
}

fn unreserved(text: String) -> Result<String, InvalidName> {
    let label: String = text
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    match ["__name__", "le"].into_iter().find(|reserved| *reserved == label) {
        Some(reserved) => Err(InvalidName::Reserved(text, reserved)),
        None => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dimensions_that_would_become_reserved_labels_are_refused() {
        for (text, label) in [("le", "le"), ("__name__", "__name__"), ("..name..", "__name__")] {
            let reserved = InvalidName::Reserved(text.to_owned(), label);
            assert_eq!(Dimension::try_from(text.to_owned()), Err(reserved));
        }
        for text in ["9lives", "k8s.cluster.name", "le.", "lé"] {
            assert!(Dimension::try_from(text.to_owned()).is_ok(), "{text}");
        }
    }

    #[test]
    fn label_names_follow_prometheus() {
        for text in ["", "9a", "a.b", "a-b", "é", "le", "__name__"] {
            assert!(LabelName::try_from(text.to_owned()).is_err(), "{text}");
        }
        for text in ["a", "_a", "A9", "__metrics_gen_instance"] {
            assert!(LabelName::try_from(text.to_owned()).is_ok(), "{text}");
        }
    }
}
