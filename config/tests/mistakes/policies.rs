//! Filter policies that are wrong.

use super::assert_mistake;

/// Policies that are all wrong.
const WRONG_POLICIES: &str = "\
metrics_generator:
  processor:
    service_graphs:
      filter_policies:
        - {}
        - include: {match_type: strict}
        - exclude: {match_type: exact, attributes: [{key: event.name, value: x}]}
        - include_any:
            attributes:
              - {key: kind, value: SERVER}
              - {key: status, value: 2}
              - {key: span.}
              - {key: span.a}
              - {value: x}
        - exclude: {match_type: regex, attributes: [{key: span.code, value: 404}]}
";

/// What is told of [`WRONG_POLICIES`].
const MISTAKES_OF_THE_POLICIES: &str = "\
line 5, column 11: metrics_generator.processor.service_graphs.filter_policies[0]: a policy needs include, include_any or exclude
line 6, column 20: metrics_generator.processor.service_graphs.filter_policies[1].include.attributes: needs at least one attribute, each with key and value
line 7, column 33: metrics_generator.processor.service_graphs.filter_policies[2].exclude.match_type: unknown value \"exact\", known here: strict, regex
line 7, column 59: metrics_generator.processor.service_graphs.filter_policies[2].exclude.attributes[0].key: \"event.name\" cannot be compared, write resource.<attribute>, span.<attribute>, name, kind or status
line 10, column 36: metrics_generator.processor.service_graphs.filter_policies[3].include_any.attributes[0].value: must be one of SPAN_KIND_UNSPECIFIED, SPAN_KIND_INTERNAL, SPAN_KIND_SERVER, SPAN_KIND_CLIENT, SPAN_KIND_PRODUCER, SPAN_KIND_CONSUMER
line 11, column 38: metrics_generator.processor.service_graphs.filter_policies[3].include_any.attributes[1].value: must be one of STATUS_CODE_UNSET, STATUS_CODE_OK, STATUS_CODE_ERROR
line 12, column 23: metrics_generator.processor.service_graphs.filter_policies[3].include_any.attributes[2].key: \"span.\" names no attribute
line 13, column 17: metrics_generator.processor.service_graphs.filter_policies[3].include_any.attributes[3].value: value is missing
line 14, column 17: metrics_generator.processor.service_graphs.filter_policies[3].include_any.attributes[4].key: key is missing
line 15, column 77: metrics_generator.processor.service_graphs.filter_policies[4].exclude.attributes[0].value: a regular expression is text, put the value in quotes";

#[test]
fn filter_policies_are_refused_naming_the_key() {
    assert_mistake(WRONG_POLICIES, MISTAKES_OF_THE_POLICIES);
}
