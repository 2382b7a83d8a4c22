//! Environment variables in the values of a file.

#![expect(clippy::unwrap_used, reason = "what tests share fails by panicking")]

use spangraph_config::{Config, Environment, PrintMode, TenantId};

const VARIABLES: [(&str, &str); 7] = [
    ("PORT", "3999"),
    ("WAIT", "3s"),
    ("ON", "true"),
    ("ZEROS", "007"),
    ("TOKEN", "s3cr3t: [1, 2]\nserver: {}"),
    ("TENANT", "acme"),
    ("EMPTY", ""),
];

fn environment() -> Environment {
    Environment::of(VARIABLES.map(|(name, value)| (name.to_owned(), value.to_owned())))
}

fn load(text: &str) -> Config {
    Config::from_yaml_in(text, environment()).unwrap()
}

#[test]
fn values_of_every_type_can_come_from_variables() {
    let config = load(
        "
server: {http_listen_port: '${PORT}', log_level: '${LEVEL:-warn}'}
multitenancy_enabled: ${ON}
metrics_generator:
  processor: {service_graphs: {wait: \"${WAIT}\", max_items: '${ITEMS:-12}', histogram_buckets: ['${B:-0.5}', 2]}}
  registry: {external_labels: {a: 'v${ZEROS}', b: '${ZEROS}', c: $$5, d: 'x$$${PORT}', e: '${EMPTY}'}}
",
    );
    let (server, tenant) = (config.server(), config.tenant(&TenantId::single()));
    assert_eq!(
        (server.pages_endpoint.port, server.multitenancy_enabled),
        (3999, true)
    );
    assert_eq!(server.log_level, "warn");
    assert_eq!(tenant.service_graphs.wait.as_secs(), 3);
    assert_eq!(tenant.service_graphs.max_items, 12);
    assert_eq!(tenant.service_graphs.histogram_buckets, [0.5, 2.0]);
    let labels: Vec<_> = tenant.registry.external_labels.iter().collect();
    let expected = [("a", "v007"), ("b", "007"), ("c", "$5"), ("d", "x$3999")];
    let pairs: Vec<_> = labels
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(pairs, expected);
}

#[test]
fn a_value_cannot_change_the_structure_and_secrets_stay_secret() {
    let config = load(
        "metrics_generator: {storage: {remote_write: [{url: 'http://${HOST:-store}/w?key=${TENANT}', bearer_token: '${TOKEN}'}]}}",
    );
    let endpoint = &config.tenant(&TenantId::single()).remote_write[0];
    assert_eq!(endpoint.url.expose(), "http://store/w?key=acme");
    assert!(format!("{endpoint:?}").contains("<secret>"));
    for mode in [PrintMode::Effective, PrintMode::Diff] {
        let print = config.print(mode).to_string();
        assert!(!print.contains("s3cr3t") && !print.contains("acme"), "{print}");
    }
    assert!(!format!("{config:?}").contains("s3cr3t"));
}

#[test]
fn a_print_loads_back_in_the_same_environment() {
    let config = load(
        "
metrics_generator:
  registry: {external_labels: {a: '$${PORT}', b: 'x$$$$y', c: $1 $, d: '${PORT}'}}
  storage: {remote_write: [{url: 'http://a', write_relabel_configs: [{target_label: b, replacement: '$$${1}'}]}]}
",
    );
    for mode in [PrintMode::Effective, PrintMode::Diff] {
        let print = config.print(mode).to_string();
        let again = load(&print);
        assert_eq!(
            again.tenant(&TenantId::single()),
            config.tenant(&TenantId::single()),
            "{print}"
        );
    }
}

#[test]
fn variables_are_not_put_into_relabel_rules_and_a_notice_tells() {
    let rules = "[{target_label: '${PORT}', replacement: '$PORT ${1} $1'}, {regex: '(?P<k>.)', target_label: b, replacement: '${k}'}]";
    let config = load(&format!(
        "
metrics_generator: {{storage: {{remote_write: [{{url: 'http://a', write_relabel_configs: {rules}}}]}}}}
overrides: {{defaults: {{metrics_generator: {{processors: []}}}}}}
"
    ));
    assert_eq!(
        config.notices(),
        [
            "write_relabel_configs of the endpoint a name groups that their regex does not have, so nothing stands \
          there: PORT, PORT (environment variables are not put into these rules)"
        ]
    );
}

#[test]
fn keys_and_keys_of_other_modules_are_left_as_they_are() {
    let config = load("storage: {trace: {s3: {access_key: '${NOT_SET}'}}}\nserver:\n");
    assert_eq!(config.notices().len(), 2, "{:?}", config.notices());
    let told = Config::from_yaml_in("${TENANT}: 1", environment())
        .unwrap_err()
        .to_string();
    assert!(
        told.starts_with("line 1, column 1: ${TENANT}: unknown key"),
        "{told}"
    );
}

#[test]
fn what_is_not_set_or_does_not_fit_is_told_with_its_place() {
    let text = "
server:
  http_listen_port: ${NONE}
  log_level: ${TENANT}
metrics_generator:
  processor: {service_graphs: {dimensions: [a, '${NONE}', '${A', '${B?x}'], wait: '${PORT}', max_items: '${TENANT}'}}
  storage:
    remote_write:
      - url: http://a/
        basic_auth: {username: u, password: '${PASSWORD}'}
";
    let expected = "\
line 3, column 21: server.http_listen_port: the environment variable NONE is not set, set it or write ${NONE:-default}
line 4, column 14: server.log_level: unknown value \"acme\", known here: trace, debug, info, warn, error
line 6, column 48: metrics_generator.processor.service_graphs.dimensions[1]: the environment variable NONE is not set, set it or write ${NONE:-default}
line 6, column 59: metrics_generator.processor.service_graphs.dimensions[2]: not a variable after ${, write ${A} or ${A:-default}, or $$ for the character $
line 6, column 66: metrics_generator.processor.service_graphs.dimensions[3]: not a variable after ${, write ${B} or ${B:-default}, or $$ for the character $
line 6, column 83: metrics_generator.processor.service_graphs.wait: \"3999\" is not a duration, write a number with its unit, such as 15s, 1m30s or 250ms
line 6, column 105: metrics_generator.processor.service_graphs.max_items: expected a whole number, found text
line 10, column 45: metrics_generator.storage.remote_write[0].basic_auth.password: the environment variable PASSWORD is not set, set it or write ${PASSWORD:-default}";
    let told = Config::from_yaml_in(text, environment()).unwrap_err();
    assert_eq!(told.to_string(), expected);
}

#[test]
fn the_override_file_has_the_same_variables() {
    let config =
        load("").with_overrides("overrides: {acme: {metrics_generator: {collection_interval: '${WAIT}'}}}");
    let acme = config.unwrap().tenant(&TenantId::parse("acme").unwrap());
    assert_eq!(acme.registry.collection_interval.as_secs(), 3);
    let told =
        load("").with_overrides("overrides: {acme: {metrics_generator: {collection_interval: '${NONE}'}}}");
    assert_eq!(
        told.unwrap_err().to_string(),
        "line 1, column 61: overrides.acme.metrics_generator.collection_interval: the environment variable NONE is not \
         set, set it or write ${NONE:-default}"
    );
}

#[test]
fn without_an_environment_a_dollar_means_nothing() {
    let config =
        Config::from_yaml("metrics_generator: {registry: {external_labels: {a: '$$ ${PORT}'}}}").unwrap();
    assert_eq!(
        config.tenant(&TenantId::single()).registry.external_labels["a"],
        "$$ ${PORT}"
    );
}
