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
    /// How many conditions are on attributes of the resource.
    resource_conditions: usize,
    /// Nearly always there is no policy, which is worth one look instead of three.
    is_empty: bool,
}

/// Decides for the spans of one resource after the other. What the resource decides is found once for all of them: an
/// expression may have a long text to look through.
#[derive(Debug)]
pub(super) struct FilterWalk<'p> {
    filter: &'p Filter,
    /// Whether each condition on the resource holds, where that was asked.
    of_resource: Vec<Option<bool>>,
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
    ResourceAttribute {
        slot: Slot,
        /// The number of the condition among those on the resource.
        number: usize,
    },
    SpanAttribute(Slot),
}

impl Filter {
    /// Asks for the attributes that `policies` name.
    pub(super) fn compile(policies: &[FilterPolicy], keys: &mut AskedKeys) -> Self {
        let mut resource_conditions = 0;
        let mut compile_all = |part: fn(&FilterPolicy) -> Option<&PolicyMatch>| {
            policies
                .iter()
                .filter_map(part)
                .map(|policy| compile_match(policy, keys, &mut resource_conditions))
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
            resource_conditions,
        }
    }
}

impl<'p> FilterWalk<'p> {
    /// Decides by `filter`; in no resource yet.
    pub(super) fn new(filter: &'p Filter) -> Self {
        Self {
            filter,
            of_resource: vec![None; filter.resource_conditions],
        }
    }

    /// Moves on to the next resource.
    pub(super) fn enter_resource(&mut self) {
        self.of_resource.fill(None);
    }

    /// Whether the span takes part.
    #[inline]
    pub(super) fn admits(&mut self, span: &Span<'_>, attributes: Attributes<'_, '_>) -> bool {
        self.filter.is_empty || self.decide(span, attributes)
    }

    fn decide(&mut self, span: &Span<'_>, attributes: Attributes<'_, '_>) -> bool {
        let filter = self.filter;
        let mut matches = |conditions: &Conditions| {
            let mut conditions = conditions.iter();
            conditions.all(|one| one.holds(span, attributes, &mut self.of_resource))
        };
        if filter.excludes.iter().any(&mut matches) {
            false
        } else if filter.include_anys.iter().any(&mut matches) {
            true
        } else if filter.includes.is_empty() {
            filter.include_anys.is_empty()
        } else {
            filter.includes.iter().all(matches)
        }
    }
}

fn compile_match(policy: &PolicyMatch, keys: &mut AskedKeys, resource_conditions: &mut usize) -> Conditions {
    let mut subject = |key: &FilterKey| match key {
        FilterKey::Intrinsic(intrinsic) => Subject::Intrinsic(*intrinsic),
        FilterKey::Attribute(AttributeScope::Resource, key) => {
            let number = *resource_conditions;
            *resource_conditions += 1;
            Subject::ResourceAttribute {
                slot: keys.resource(key),
                number,
            }
        }
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
    fn holds(
        &self,
        span: &Span<'_>,
        attributes: Attributes<'_, '_>,
        of_resource: &mut [Option<bool>],
    ) -> bool {
        let matches = |value: Option<AnyValue<'_>>| value.is_some_and(|value| matches(&self.value, value));
        match self.subject {
            Subject::Intrinsic(intrinsic) => matches(Some(AnyValue::String(intrinsic_text(intrinsic, span)))),
            Subject::SpanAttribute(slot) => matches(attributes.span.get(slot)),
            Subject::ResourceAttribute { slot, number } => {
                let find = || matches(attributes.resource.get(slot));
                let known = of_resource.get_mut(number);
                known.map_or_else(find, |known| *known.get_or_insert_with(find))
            }
        }
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
