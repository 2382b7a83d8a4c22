//! Endpoints that are wrong: their URLs, credentials, headers and relabel rules.

use super::{assert_mistake, mistakes};

/// Endpoints that are wrong, each alone and beside the other.
const TWO_WRONG_ENDPOINTS: &str = "\
metrics_generator:
  storage:
    remote_write:
      - url: http://a/
        name: same
        authorization: {type: Basic}
        headers: {Content-Type: x, X-Ok: \"a\\nb\"}
        tls_config: {cert_file: c, ca: inline}
      - url: http://user:secret@b/
        name: same
        queue_config: {min_backoff: 10s}
        basic_auth: {password: a, password_file: b}
";

/// What is told of [`TWO_WRONG_ENDPOINTS`].
const MISTAKES_OF_THE_ENDPOINTS: &str = "\
line 6, column 24: metrics_generator.storage.remote_write[0].authorization.credentials: credentials or credentials_file is missing
line 6, column 31: metrics_generator.storage.remote_write[0].authorization.type: write user and password in basic_auth
line 7, column 19: metrics_generator.storage.remote_write[0].headers.Content-Type: this header is set by the remote-write protocol and cannot be configured
line 7, column 42: metrics_generator.storage.remote_write[0].headers.X-Ok: not a header value, it has control characters or others outside ASCII
line 8, column 21: metrics_generator.storage.remote_write[0].tls_config.key_file: cert_file needs key_file
line 8, column 36: metrics_generator.storage.remote_write[0].tls_config.ca: not supported yet; name a file with the key that ends in _file
line 9, column 14: metrics_generator.storage.remote_write[1].url: must not hold a user or password, write them in basic_auth
line 10, column 15: metrics_generator.storage.remote_write[1].name: another endpoint is named \"same\" too
line 11, column 23: metrics_generator.storage.remote_write[1].queue_config.max_backoff: must not be below min_backoff
line 12, column 21: metrics_generator.storage.remote_write[1].basic_auth.username: username is missing
line 12, column 50: metrics_generator.storage.remote_write[1].basic_auth.password_file: only one of password and password_file may be set";

#[test]
fn endpoints_must_fit_together() {
    assert_mistake(TWO_WRONG_ENDPOINTS, MISTAKES_OF_THE_ENDPOINTS);
}

#[test]
fn secrets_in_the_wrong_place_are_not_shown() {
    let text = "metrics_generator: {storage: {remote_write: [{url: 'http://u:hunter2@a/', headers: hunter2, basic_auth: hunter2, tls_config: hunter2, bearer_token: [hunter2]}]}}";
    assert!(!mistakes(text).contains("hunter2"), "{}", mistakes(text));
}

/// Rules of which the last alone is right.
const WRONG_RULES: &str = "\
metrics_generator:
  storage:
    remote_write:
      - url: http://a/
        write_relabel_configs:
          - {source_labels: [a]}
          - {action: hashmod, target_label: b}
          - {action: lowercase, target_label: b, replacement: x}
          - {action: keepequal, source_labels: [a], target_label: b, regex: x, separator: ','}
          - {action: labeldrop, regex: x, source_labels: [], target_label: b}
          - {action: labelmap, regex: x, replacement: ''}
          - {action: dropp}
          - {action: drop, regex: '(', sourcelabels: [a]}
          - {action: keep, regex: 'a)|(b', source_labels: a, modulus: -1}
          - text
          - {action: labelkeep, regex: '(.*)', separator: ;, replacement: $1}
";

/// What is told of [`WRONG_RULES`].
const MISTAKES_OF_THE_RULES: &str = "\
line 6, column 13: metrics_generator.storage.remote_write[0].write_relabel_configs[0].target_label: the action replace needs a target_label
line 7, column 13: metrics_generator.storage.remote_write[0].write_relabel_configs[1].modulus: the action hashmod needs a modulus of 1 or more
line 8, column 63: metrics_generator.storage.remote_write[0].write_relabel_configs[2].replacement: the action lowercase takes no replacement
line 9, column 77: metrics_generator.storage.remote_write[0].write_relabel_configs[3].regex: the action keepequal takes no regex
line 9, column 91: metrics_generator.storage.remote_write[0].write_relabel_configs[3].separator: the action keepequal takes no separator
line 10, column 58: metrics_generator.storage.remote_write[0].write_relabel_configs[4].source_labels: the action labeldrop takes no source_labels
line 10, column 76: metrics_generator.storage.remote_write[0].write_relabel_configs[4].target_label: the action labeldrop takes no target_label
line 11, column 55: metrics_generator.storage.remote_write[0].write_relabel_configs[5].replacement: the action labelmap needs a name to copy to
line 12, column 22: metrics_generator.storage.remote_write[0].write_relabel_configs[6].action: unknown value \"dropp\", did you mean drop
line 13, column 35: metrics_generator.storage.remote_write[0].write_relabel_configs[7].regex: \"(\" is not a regular expression: unclosed group
line 13, column 40: metrics_generator.storage.remote_write[0].write_relabel_configs[7].sourcelabels: unknown key, did you mean source_labels
line 14, column 35: metrics_generator.storage.remote_write[0].write_relabel_configs[8].regex: \"a)|(b\" is not a regular expression: unopened group
line 14, column 59: metrics_generator.storage.remote_write[0].write_relabel_configs[8].source_labels: expected a list, found text
line 14, column 71: metrics_generator.storage.remote_write[0].write_relabel_configs[8].modulus: expected a whole number of 0 or more, found -1
line 15, column 13: metrics_generator.storage.remote_write[0].write_relabel_configs[9]: expected a mapping, found text";

#[test]
fn relabel_rules_need_what_their_action_needs_and_take_nothing_else() {
    assert_mistake(WRONG_RULES, MISTAKES_OF_THE_RULES);
}

#[test]
fn headers_of_several_values_are_checked_as_all_headers() {
    let text = "\
metrics_generator:
  storage:
    remote_write:
      - url: http://a/
        http_headers:
          Authorization: {secrets: [hunter2]}
          Content-Type: {values: [a]}
          X-A: {value: [a]}
          X-B: {values: [a, \"a\\nb\"], secrets: hunter2, files: [a]}
          X-C: [hunter2]
";
    let expected = "\
line 6, column 26: metrics_generator.storage.remote_write[0].http_headers.Authorization: write it in authorization or basic_auth
line 7, column 11: metrics_generator.storage.remote_write[0].http_headers.Content-Type: this header is set by the remote-write protocol and cannot be configured
line 8, column 17: metrics_generator.storage.remote_write[0].http_headers.X-A.value: unknown key, did you mean values
line 9, column 29: metrics_generator.storage.remote_write[0].http_headers.X-B.values[1]: not a header value, it has control characters or others outside ASCII
line 9, column 47: metrics_generator.storage.remote_write[0].http_headers.X-B.secrets: expected a list, found text
line 10, column 16: metrics_generator.storage.remote_write[0].http_headers.X-C: expected a mapping, found a list";
    assert_mistake(text, expected);
}
