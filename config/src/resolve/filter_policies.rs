//! Filter policies: values get the type that their match type needs (SPEC §6).

use regex::Regex;

use super::findings::Findings;
use crate::document::Path;
use crate::schema::filter_policies as schema;
use crate::schema::filter_policies::{MatchType, Scalar};
use crate::{FilterKey, FilterPolicy, Intrinsic, MatchAttribute, MatchValue, PolicyMatch};

const KINDS: &[&str] = &[
    "SPAN_KIND_UNSPECIFIED",
    "SPAN_KIND_INTERNAL",
    "SPAN_KIND_SERVER",
    "SPAN_KIND_CLIENT",
    "SPAN_KIND_PRODUCER",
    "SPAN_KIND_CONSUMER",
];

const STATUSES: &[&str] = &["STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"];

/// The policies of the list at `path`.
pub fn resolve(
    written: &[schema::FilterPolicy],
    path: &Path,
    findings: &mut Findings<'_>,
) -> Vec<FilterPolicy> {
    let mut policies = Vec::with_capacity(written.len());
    for (index, policy) in written.iter().enumerate() {
        let path = path.item(index);
        if policy.include.is_none() && policy.include_any.is_none() && policy.exclude.is_none() {
            findings.add(&path, "a policy needs include, include_any or exclude");
        }
        let mut part = |part: &Option<schema::PolicyMatch>, key| {
            part.as_ref()
                .map(|part| policy_match(part, &path.key(key), findings))
        };
        policies.push(FilterPolicy {
            include: part(&policy.include, "include"),
            include_any: part(&policy.include_any, "include_any"),
            exclude: part(&policy.exclude, "exclude"),
        });
    }
    policies
}

fn policy_match(written: &schema::PolicyMatch, path: &Path, findings: &mut Findings<'_>) -> PolicyMatch {
    let path = path.key("attributes");
    if written.attributes.is_empty() {
        findings.add(&path, "needs at least one attribute, each with key and value");
    }
    let mut attributes = Vec::with_capacity(written.attributes.len());
    for (index, attribute) in written.attributes.iter().enumerate() {
        attributes.extend(match_attribute(
            attribute,
            written.match_type,
            &path.item(index),
            findings,
        ));
    }
    PolicyMatch { attributes }
}

fn match_attribute(
    written: &schema::Attribute,
    match_type: MatchType,
    path: &Path,
    findings: &mut Findings<'_>,
) -> Option<MatchAttribute> {
    let (Some(key), Some(value)) = (&written.key, &written.value) else {
        let missing = if written.key.is_none() { "key" } else { "value" };
        findings.add(&path.key(missing), format!("{missing} is missing"));
        return None;
    };
    let value = match match_type {
        MatchType::Strict => strict(&key.0, value),
        MatchType::Regex => expression(value),
    };
    match value {
        Ok(value) => Some(MatchAttribute {
            key: key.0.clone(),
            value,
        }),
        Err(message) => {
            findings.add(&path.key("value"), message);
            None
        }
    }
}

fn strict(key: &FilterKey, value: &Scalar) -> Result<MatchValue, String> {
    let known = match key {
        FilterKey::Intrinsic(Intrinsic::Kind) => KINDS,
        FilterKey::Intrinsic(Intrinsic::Status) => STATUSES,
        FilterKey::Intrinsic(Intrinsic::Name) | FilterKey::Attribute(..) => &[],
    };
    match (key, value) {
        (FilterKey::Intrinsic(_), Scalar::Text(text))
            if known.is_empty() || known.contains(&text.as_str()) =>
        {
            Ok(MatchValue::String(text.clone()))
        }
        (FilterKey::Intrinsic(Intrinsic::Name), _) => {
            Err("a span's name is text, put the value in quotes".to_owned())
        }
        (FilterKey::Intrinsic(_), _) => Err(format!("must be one of {}", known.join(", "))),
        (_, Scalar::Text(text)) => Ok(MatchValue::String(text.clone())),
        (_, Scalar::Int(value)) => Ok(MatchValue::Int(*value)),
        (_, Scalar::Double(value)) => Ok(MatchValue::Double(*value)),
        (_, Scalar::Bool(value)) => Ok(MatchValue::Bool(*value)),
    }
}

fn expression(value: &Scalar) -> Result<MatchValue, String> {
    let Scalar::Text(text) = value else {
        return Err("a regular expression is text, put the value in quotes".to_owned());
    };
    Regex::new(text).map(MatchValue::Regex).map_err(|error| {
        // The library draws the expression over several lines; its last line says what is wrong.
        let drawn = error.to_string();
        let reason = drawn
            .lines()
            .last()
            .unwrap_or_default()
            .trim_start_matches("error: ");
        format!("{text:?} is not a regular expression: {reason}")
    })
}
