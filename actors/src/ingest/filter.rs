//! Filter policies: which spans take part (SPEC §6).

use spangraph_config::{AttributeScope, FilterKey, FilterPolicy, Intrinsic, MatchValue, PolicyMatch};
use spangraph_proto::otlp::{AnyValue, Span};

use super::attribute_keys::{AskedKeys, Slot};
use super::attribute_slots::Attributes;

/// A tenant's policies, sorted by what a match of them means.
#[derive(Debug)]
pub(super) struct Filter {
    excludes: Vec<Conditions>,
    include_anys: Vec<Conditions>,
    includes: Vec<Conditions>,
    /// Nearly always there is no policy, which is worth one look instead of three.
    is_empty: bool,
}

/// What a policy compares; a span matches when all hold.
type Conditions = Vec<Condition>;

#[derive(Debug)]
struct Condition {
    subject: Subject,
    value: MatchValue,
}

#[derive(Clone, Copy, Debug)]
enum Subject {
    Intrinsic(Intrinsic),
    ResourceAttribute(Slot),
    SpanAttribute(Slot),
}

impl Filter {
    /// Asks for the attributes that `policies` name.
    pub(super) fn compile(policies: &[FilterPolicy], keys: &mut AskedKeys) -> Self {
        let mut compile_all = |part: fn(&FilterPolicy) -> Option<&PolicyMatch>| {
            policies
                .iter()
                .filter_map(part)
                .map(|policy| compile_match(policy, keys))
                .collect()
        };
        let excludes: Vec<_> = compile_all(|policy| policy.exclude.as_ref());
        let include_anys: Vec<_> = compile_all(|policy| policy.include_any.as_ref());
        let includes: Vec<_> = compile_all(|policy| policy.include.as_ref());
        Self {
            is_empty: excludes.is_empty() && include_anys.is_empty() && includes.is_empty(),
            excludes,
            include_anys,
            includes,
        }
    }

    /// Whether the span takes part.
    #[inline]
    pub(super) fn admits(&self, span: &Span<'_>, attributes: Attributes<'_, '_>) -> bool {
        self.is_empty || self.decide(span, attributes)
    }

    fn decide(&self, span: &Span<'_>, attributes: Attributes<'_, '_>) -> bool {
        let matches = |conditions: &Conditions| conditions.iter().all(|one| one.holds(span, attributes));
        if self.excludes.iter().any(matches) {
            false
        } else if self.include_anys.iter().any(matches) {
            true
        } else if self.includes.is_empty() {
            self.include_anys.is_empty()
        } else {
            self.includes.iter().all(matches)
        }
    }
}

fn compile_match(policy: &PolicyMatch, keys: &mut AskedKeys) -> Conditions {
    let mut subject = |key: &FilterKey| match key {
        FilterKey::Intrinsic(intrinsic) => Subject::Intrinsic(*intrinsic),
        FilterKey::Attribute(AttributeScope::Resource, key) => Subject::ResourceAttribute(keys.resource(key)),
        FilterKey::Attribute(AttributeScope::Span, key) => Subject::SpanAttribute(keys.span(key)),
    };
    let attributes = policy.attributes.iter();
    attributes
        .map(|attribute| Condition {
            subject: subject(&attribute.key),
            value: attribute.value.clone(),
        })
        .collect()
}

impl Condition {
    fn holds(&self, span: &Span<'_>, attributes: Attributes<'_, '_>) -> bool {
        let value = match self.subject {
            Subject::Intrinsic(intrinsic) => Some(AnyValue::String(intrinsic_text(intrinsic, span))),
            Subject::ResourceAttribute(slot) => attributes.resource.get(slot),
            Subject::SpanAttribute(slot) => attributes.span.get(slot),
        };
        value.is_some_and(|value| matches(&self.value, value))
    }
}

/// Numbers that are no enumeration value have no name that a policy could give.
fn intrinsic_text<'r>(intrinsic: Intrinsic, span: &Span<'r>) -> &'r [u8] {
    match intrinsic {
        Intrinsic::Name => span.name,
        Intrinsic::Kind => span.kind_name().unwrap_or_default().as_bytes(),
        Intrinsic::Status => span.status_name().unwrap_or_default().as_bytes(),
    }
}

#[expect(
    clippy::float_cmp,
    reason = "strict policies mean exactly the configured double"
)]
fn matches(expected: &MatchValue, value: AnyValue<'_>) -> bool {
    match (expected, value) {
        (MatchValue::String(expected), AnyValue::String(text)) => expected.as_bytes() == text,
        (MatchValue::Int(expected), AnyValue::Int(number)) => *expected == number,
        (MatchValue::Double(expected), AnyValue::Double(number)) => *expected == number,
        (MatchValue::Bool(expected), AnyValue::Bool(truth)) => *expected == truth,
        (MatchValue::Regex(expression), AnyValue::String(text)) => {
            std::str::from_utf8(text).is_ok_and(|text| expression.is_match(text))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
