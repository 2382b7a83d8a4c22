//! Policies one by one, and their order against a plain restatement of SPEC §6.

use proptest::prelude::*;
use regex::Regex;
use spangraph_config::MatchAttribute;

use super::super::attribute_slots::AttributeSlots;
use super::*;

const SPAN: Span<'static> = Span {
    name: b"GET /cart",
    kind: Span::KIND_SERVER,
    status_code: Span::STATUS_ERROR,
    ..EMPTY
};
const EMPTY: Span<'static> = Span {
    trace_id: &[],
    span_id: &[],
    trace_state: &[],
    parent_span_id: &[],
    name: &[],
    kind: 0,
    start_time_unix_nano: 0,
    end_time_unix_nano: 0,
    has_status: false,
    status_code: 0,
    status_message: &[],
};

/// Attributes `r` of the resource and `s` of the span, both with one encoded value.
fn admits(policies: &[FilterPolicy], value: &[u8]) -> bool {
    let mut keys = AskedKeys::default();
    let filter = Filter::compile(policies, &mut keys);
    let (resource_keys, span_keys) = keys.into_tables();
    let (mut resource, mut span) = (
        AttributeSlots::new(&resource_keys),
        AttributeSlots::new(&span_keys),
    );
    let attribute = |key: u8| {
        let length = u8::try_from(value.len()).unwrap();
        [&[0x0a, 1, key, 0x12, length][..], value].concat()
    };
    let (of_resource, of_span) = (attribute(b'r'), attribute(b's'));
    resource.fill(&resource_keys, &of_resource).unwrap();
    span.fill(&span_keys, &of_span).unwrap();
    let attributes = Attributes {
        resource: &resource,
        span: &span,
    };
    let mut walk = FilterWalk::new(&filter);
    let first = walk.admits(&SPAN, attributes);
    assert_eq!(
        walk.admits(&SPAN, attributes),
        first,
        "the next span of the resource"
    );
    first
}

fn condition(key: FilterKey, value: MatchValue) -> PolicyMatch {
    PolicyMatch {
        attributes: vec![MatchAttribute { key, value }],
    }
}

fn string(text: &str) -> MatchValue {
    MatchValue::String(text.to_owned())
}

fn span_key(key: &str) -> FilterKey {
    FilterKey::Attribute(AttributeScope::Span, key.to_owned())
}

fn include(policy: PolicyMatch) -> FilterPolicy {
    FilterPolicy {
        include: Some(policy),
        ..FilterPolicy::default()
    }
}

const TEXT_404: &[u8] = &[0x0a, 3, b'4', b'0', b'4'];
const INT_404: &[u8] = &[0x18, 0x94, 0x03];
const DOUBLE_2: &[u8] = &[0x21, 0, 0, 0, 0, 0, 0, 0, 0x40];
const TRUE: &[u8] = &[0x10, 1];

#[test]
fn strict_values_compare_by_type() {
    let values = [
        string("404"),
        MatchValue::Int(404),
        MatchValue::Double(2.0),
        MatchValue::Bool(true),
    ];
    let encoded = [TEXT_404, INT_404, DOUBLE_2, TRUE];
    for (index, expected) in values.iter().enumerate() {
        for (other, value) in encoded.iter().enumerate() {
            let policy = include(condition(span_key("s"), expected.clone()));
            assert_eq!(admits(&[policy], value), index == other, "{expected:?} {value:?}");
        }
    }
}

#[test]
fn expressions_match_anywhere_but_only_in_strings() {
    let regex = |text| {
        include(condition(
            span_key("s"),
            MatchValue::Regex(Regex::new(text).unwrap()),
        ))
    };
    assert!(admits(&[regex("0")], TEXT_404));
    assert!(!admits(&[regex("^0")], TEXT_404));
    assert!(!admits(&[regex("4")], INT_404));
    assert!(!admits(&[regex("")], &[0x0a, 1, 0xff]), "no UTF-8");
}

#[test]
fn intrinsics_and_both_scopes_are_looked_at() {
    let intrinsic = |which, value| include(condition(FilterKey::Intrinsic(which), value));
    let resource = |key: &str| FilterKey::Attribute(AttributeScope::Resource, key.to_owned());
    for (policy, expected) in [
        (intrinsic(Intrinsic::Name, string("GET /cart")), true),
        (
            intrinsic(Intrinsic::Name, MatchValue::Regex(Regex::new("^/").unwrap())),
            false,
        ),
        (intrinsic(Intrinsic::Kind, string("SPAN_KIND_SERVER")), true),
        (intrinsic(Intrinsic::Kind, MatchValue::Int(2)), false),
        (intrinsic(Intrinsic::Status, string("STATUS_CODE_ERROR")), true),
        (intrinsic(Intrinsic::Status, string("STATUS_CODE_OK")), false),
        (include(condition(resource("r"), string("404"))), true),
        (include(condition(resource("s"), string("404"))), false),
        (include(condition(span_key("r"), string("404"))), false),
    ] {
        assert_eq!(
            admits(std::slice::from_ref(&policy), TEXT_404),
            expected,
            "{policy:?}"
        );
    }
}

#[test]
fn a_match_needs_all_its_attributes() {
    let both = |value| {
        let mut policy = condition(span_key("s"), string("404"));
        policy
            .attributes
            .extend(condition(FilterKey::Intrinsic(Intrinsic::Kind), string(value)).attributes);
        include(policy)
    };
    assert!(admits(&[both("SPAN_KIND_SERVER")], TEXT_404));
    assert!(!admits(&[both("SPAN_KIND_CLIENT")], TEXT_404));
}

/// The parts of a policy: there or not, and matching or not.
type Parts = (Option<bool>, Option<bool>, Option<bool>);

fn policy((include, include_any, exclude): &Parts) -> FilterPolicy {
    let part = |matching: &Option<bool>| {
        let text = |matching| if matching { "404" } else { "other" };
        matching.map(|matching| condition(span_key("s"), string(text(matching))))
    };
    FilterPolicy {
        include: part(include),
        include_any: part(include_any),
        exclude: part(exclude),
    }
}

fn naive(policies: &[Parts]) -> bool {
    let part = |select: fn(&Parts) -> Option<bool>| policies.iter().filter_map(select).collect::<Vec<_>>();
    let (includes, include_anys, excludes) = (part(|p| p.0), part(|p| p.1), part(|p| p.2));
    if excludes.contains(&true) {
        return false;
    }
    if include_anys.contains(&true) {
        return true;
    }
    if !includes.is_empty() {
        return !includes.contains(&false);
    }
    include_anys.is_empty()
}

proptest! {
    #[test]
    fn the_order_is_exclude_include_any_include(policies: Vec<Parts>) {
        let compiled: Vec<_> = policies.iter().map(policy).collect();
        prop_assert_eq!(admits(&compiled, TEXT_404), naive(&policies));
    }
}
