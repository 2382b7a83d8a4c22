//! What filter policies resolve to.

use spangraph_config::{
    AttributeScope, FilterKey, FilterPolicy, Intrinsic, MatchAttribute, MatchValue, PolicyMatch,
};

use super::tenant;

/// A policy that compares values of every type.
const POLICY: &str = "\
metrics_generator:
  processor:
    service_graphs:
      filter_policies:
        - include:
            attributes:
              - {key: span.text, value: '404'}
              - {key: span.int, value: 404}
              - {key: span.double, value: 4.5}
              - {key: resource.bool, value: true}
              - {key: kind, value: SPAN_KIND_SERVER}
          exclude: {match_type: regex, attributes: [{key: name, value: '^/health'}]}
";

fn policy() -> FilterPolicy {
    tenant(POLICY).service_graphs.filter_policies.remove(0)
}

fn attributes(part: Option<PolicyMatch>) -> Vec<MatchAttribute> {
    part.unwrap().attributes
}

#[test]
fn policy_values_have_the_type_that_yaml_gives_them() {
    let include = attributes(policy().include);
    let values: Vec<_> = include.into_iter().map(|attribute| attribute.value).collect();
    let expected = [
        MatchValue::String("404".to_owned()),
        MatchValue::Int(404),
        MatchValue::Double(4.5),
        MatchValue::Bool(true),
        MatchValue::String("SPAN_KIND_SERVER".to_owned()),
    ];
    assert_eq!(values, expected);
}

#[test]
fn a_value_of_a_regex_policy_is_an_expression() {
    let exclude = attributes(policy().exclude);
    let MatchValue::Regex(expression) = &exclude[0].value else {
        panic!("a regular expression")
    };
    assert!(expression.is_match("/healthz") && !expression.is_match("a/health"));
}

#[test]
fn a_key_without_a_scope_is_an_intrinsic() {
    assert_eq!(
        attributes(policy().exclude)[0].key,
        FilterKey::Intrinsic(Intrinsic::Name)
    );
    let text = FilterKey::Attribute(AttributeScope::Span, "text".to_owned());
    assert_eq!(attributes(policy().include)[0].key, text);
}
