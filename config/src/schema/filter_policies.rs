//! `filter_policies`: which spans take part (SPEC §6).

use std::fmt;

use schemars::JsonSchema;
use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize};

use crate::{AttributeScope, FilterKey, Intrinsic};

/// One policy; it needs at least one of the three.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct FilterPolicy {
    /// A span must match it to take part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include: Option<PolicyMatch>,
    /// A span that matches it takes part, whatever the other includes say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_any: Option<PolicyMatch>,
    /// A span that matches it does not take part, whatever the includes say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclude: Option<PolicyMatch>,
}

/// What is compared; a span matches when all attributes do.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct PolicyMatch {
    /// How values are compared. Default `strict`.
    pub match_type: MatchType,
    /// The attributes, at least one; needed.
    pub attributes: Vec<Attribute>,
}

/// How values are compared.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MatchType {
    /// Equal in type and value.
    #[default]
    Strict,
    /// A string somewhere in which the expression matches; `^` and `$` bind it to the ends.
    Regex,
}

/// One comparison; both keys are needed.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Attribute {
    /// `resource.X`, `span.X`, `name`, `kind` or `status`; needed.
    pub key: Option<Key>,
    /// What the attribute must be; needed.
    pub value: Option<Scalar>,
}

/// What a policy's attribute names.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Key(pub FilterKey);

/// A value with the type that YAML gives it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Scalar {
    /// A text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A number with a fraction or exponent.
    Double(f64),
    /// `true` or `false`.
    Bool(bool),
}

/// Why a text names nothing that policies can compare.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// There is no attribute's name after the scope.
    #[error("{0:?} names no attribute")]
    NoName(String),
    /// Another scope, or none, or another intrinsic.
    #[error("{0:?} cannot be compared, write resource.<attribute>, span.<attribute>, name, kind or status")]
    Unknown(String),
}

impl TryFrom<String> for Key {
    type Error = InvalidKey;

    fn try_from(text: String) -> Result<Self, InvalidKey> {
        let key = match text.as_str() {
            "name" => FilterKey::Intrinsic(Intrinsic::Name),
            "kind" => FilterKey::Intrinsic(Intrinsic::Kind),
            "status" => FilterKey::Intrinsic(Intrinsic::Status),
            _ => match text.split_once('.') {
                Some(("resource" | "span", "")) => return Err(InvalidKey::NoName(text)),
                Some(("resource", name)) => FilterKey::Attribute(AttributeScope::Resource, name.to_owned()),
                Some(("span", name)) => FilterKey::Attribute(AttributeScope::Span, name.to_owned()),
                _ => return Err(InvalidKey::Unknown(text)),
            },
        };
        Ok(Self(key))
    }
}

impl From<Key> for String {
    fn from(key: Key) -> Self {
        match key.0 {
            FilterKey::Intrinsic(Intrinsic::Name) => "name".to_owned(),
            FilterKey::Intrinsic(Intrinsic::Kind) => "kind".to_owned(),
            FilterKey::Intrinsic(Intrinsic::Status) => "status".to_owned(),
            FilterKey::Attribute(AttributeScope::Resource, name) => format!("resource.{name}"),
            FilterKey::Attribute(AttributeScope::Span, name) => format!("span.{name}"),
        }
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl Visitor<'_> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("text, a number, true or false")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Scalar, E> {
        Ok(Scalar::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Scalar, E> {
        Ok(Scalar::Int(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Scalar, E> {
        let too_large = || E::custom("attributes hold no whole number above 9223372036854775807");
        i64::try_from(value).map(Scalar::Int).map_err(|_| too_large())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Scalar, E> {
        Ok(Scalar::Double(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Scalar, E> {
        Ok(Scalar::Text(value.to_owned()))
    }
}
