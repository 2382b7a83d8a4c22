//! Endpoints of single tenants.

use spangraph_config::Config;

use super::of;

const WITH_ENDPOINTS: &str = "
metrics_generator: {storage: {remote_write: [{url: 'http://global/w'}, {url: 'http://other/w', name: other}]}}
overrides: {defaults: {metrics_generator: {processors: [service-graphs]}}}
";

fn endpoints(config: &Config, id: &str) -> Vec<(String, String)> {
    let endpoints = of(config, id).remote_write;
    let endpoints = endpoints.into_iter();
    endpoints
        .map(|endpoint| (endpoint.name, endpoint.url.expose().to_owned()))
        .collect()
}

#[test]
fn a_tenant_can_have_endpoints_of_its_own_instead_of_or_beside_the_global_ones() {
    let config = Config::from_yaml(WITH_ENDPOINTS)
        .and_then(|config| {
            config.with_overrides(
                "
overrides:
  instead: {metrics_generator: {remote_write: [{url: 'http://own/w', send_exemplars: true}]}}
  beside: {metrics_generator: {remote_write: [{url: 'http://global/2', name: ''}], remote_write_mode: append}}
  none: {metrics_generator: {remote_write: []}}
  nothing-said: {metrics_generator: {remote_write: }}
  '*': {metrics_generator: {remote_write: [{url: 'http://rest/w', name: other}], remote_write_mode: replace}}
",
            )
        })
        .unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let expected = |pairs: &[(&str, &str)]| {
        let pairs = pairs.iter();
        pairs
            .map(|(name, url)| ((*name).to_owned(), (*url).to_owned()))
            .collect::<Vec<_>>()
    };
    let global = [("global", "http://global/w"), ("other", "http://other/w")];
    assert_eq!(
        endpoints(&config, "instead"),
        expected(&[("own", "http://own/w")])
    );
    assert!(of(&config, "instead").remote_write[0].send_exemplars);
    let beside = [&global[..], &[("global-2", "http://global/2")]].concat();
    assert_eq!(endpoints(&config, "beside"), expected(&beside));
    assert_eq!(endpoints(&config, "none"), []);
    assert_eq!(endpoints(&config, "nothing-said"), expected(&global));
    assert_eq!(
        endpoints(&config, "anyone"),
        expected(&[("other", "http://rest/w")])
    );
}

#[test]
fn endpoints_of_the_defaults_are_those_that_entries_start_from() {
    let config = Config::from_yaml(
        "
metrics_generator: {storage: {remote_write: [{url: 'http://a'}]}}
overrides: {defaults: {metrics_generator: {processors: [], remote_write_mode: append, remote_write: [{url: 'http://b'}]}}}
",
    )
    .and_then(|config| {
        config.with_overrides(
            "overrides: {c: {metrics_generator: {remote_write: [{url: 'http://c'}], remote_write_mode: append}}}",
        )
    })
    .unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let names = |id| {
        endpoints(&config, id)
            .into_iter()
            .map(|(name, _)| name)
            .collect::<Vec<_>>()
    };
    assert_eq!(names("any"), ["a", "b"]);
    assert_eq!(names("c"), ["a", "b", "c"]);
}

#[test]
fn mistakes_in_a_tenants_endpoints_are_told_as_in_the_global_ones() {
    let text = "\
overrides:
  acme:
    metrics_generator:
      remote_write_mode: append
      remote_write:
        - {url: 'http://a', name: other, sigv4: {region: a}, queue_config: {min_shards: 1}}
        - {uri: 'http://a', tls_config: {ca: inline}, write_relabel_configs: [{action: labelmap, regex: '*'}]}
  alone: {metrics_generator: {remote_write_mode: append}}
  wrong: {metrics_generator: {remote_write_mode: add, remote_write: {}}}
";
    let expected = "\
line 6, column 35: overrides.acme.metrics_generator.remote_write[0].name: another endpoint is named \"other\" too
line 6, column 42: overrides.acme.metrics_generator.remote_write[0].sigv4: not supported yet; remove it
line 7, column 11: overrides.acme.metrics_generator.remote_write[1].url: url is missing
line 7, column 12: overrides.acme.metrics_generator.remote_write[1].uri: unknown key, did you mean url
line 7, column 42: overrides.acme.metrics_generator.remote_write[1].tls_config.ca: not supported yet; name a file with the key that ends in _file
line 7, column 105: overrides.acme.metrics_generator.remote_write[1].write_relabel_configs[0].regex: \"*\" is not a regular expression: repetition operator missing expression
line 8, column 50: overrides.alone.metrics_generator.remote_write_mode: there is no remote_write to append
line 9, column 50: overrides.wrong.metrics_generator.remote_write_mode: unknown value \"add\", known here: replace, append
line 9, column 69: overrides.wrong.metrics_generator.remote_write: expected a list, found a mapping";
    let config = Config::from_yaml(WITH_ENDPOINTS).unwrap();
    assert_eq!(config.with_overrides(text).unwrap_err().to_string(), expected);
}

#[test]
fn native_histograms_of_a_tenant_that_no_endpoint_sends_are_told() {
    let main =
        "metrics_generator: {storage: {remote_write: [{url: 'http://a/w', send_native_histograms: false}]}}";
    let native = "{metrics_generator: {generate_native_histograms: native}}";
    let config = Config::from_yaml(main)
        .and_then(|config| config.with_overrides(&format!("overrides: {{a: {native}, b: {native}}}")))
        .unwrap();
    let about_native = |notice: &&String| notice.starts_with("native histograms are made and not sent");
    assert_eq!(config.notices().iter().filter(about_native).count(), 1);
}
