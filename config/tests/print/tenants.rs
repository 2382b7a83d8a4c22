//! Prints of the override file.

use serde_json::json;
use spangraph_config::{PrintMode, TenantId};

use super::{assert_prints_load_back, load, load_both};

const MAIN: &str = "
metrics_generator:
  registry: {collection_interval: 20s}
  processor:
    service_graphs: {wait: 3s, max_items: 7}
overrides:
  defaults:
    metrics_generator:
      processors: [service-graphs]
      remote_write_headers: {X-Default: a}
      processor: {service_graphs: {max_items: 8}}
";

const TENANTS: &str = "
overrides:
  acme:
    metrics_generator:
      processors: [service-graphs]
      collection_interval: 20s
      remote_write_headers: {X-Default: b}
      processor: {service_graphs: {wait: 3s, max_items: 7}}
  same: {metrics_generator: {remote_write_headers: {X-Default: a}}}
  empty:
  'null': {metrics_generator: {remote_write_headers: {}}}
  '*': {metrics_generator: {max_active_series: 5}}
";

#[test]
fn of_tenants_what_differs_from_the_main_file_is_printed() {
    let config = load_both(MAIN, TENANTS);
    let expected = "\
overrides:
  \"*\":
    metrics_generator:
      max_active_series: 5
  acme:
    metrics_generator:
      remote_write_headers:
        X-Default: <secret>
      processor:
        service_graphs:
          max_items: 7
  empty: {}
  \"null\":
    metrics_generator:
      remote_write_headers: {}
  same: {}
";
    assert_eq!(config.print_tenants(PrintMode::Diff).to_string(), expected);
    assert_eq!(
        load(MAIN).print_tenants(PrintMode::Diff).to_string(),
        "overrides: {}\n"
    );
}

#[test]
fn a_tenant_without_an_entry_has_that_of_the_others() {
    let config = load_both(MAIN, TENANTS);
    let print = |id, mode| {
        let id = TenantId::parse(id).unwrap();
        serde_json::to_value(config.print_tenant(&id, mode)).unwrap()
    };
    assert_eq!(
        print("elsewhere", PrintMode::Diff),
        json!({"metrics_generator": {"max_active_series": 5}})
    );
    assert_eq!(print("empty", PrintMode::Diff), json!({}));
    let generator = &print("acme", PrintMode::Effective)["metrics_generator"];
    assert_eq!(generator["collection_interval"], "20s");
    assert_eq!(generator["processor"]["service_graphs"]["wait"], "3s");
    assert_eq!(generator["processor"]["service_graphs"]["max_items"], 7);
    let defaults = &print("acme", PrintMode::Defaults)["metrics_generator"];
    assert_eq!(defaults["processor"]["service_graphs"]["max_items"], 8);
    assert_eq!(defaults["max_active_series"], 0);
}

#[test]
fn endpoints_of_tenants_load_back_with_their_names() {
    let main = "
metrics_generator: {storage: {remote_write: [{url: 'http://a'}]}}
overrides: {defaults: {metrics_generator: {processors: [], remote_write_mode: append, remote_write: [{url: 'http://a'}]}}}
";
    let tenants = "
overrides:
  '*': {metrics_generator: {remote_write: [{url: 'http://a'}, {url: 'http://a'}], remote_write_mode: append}}
  own: {metrics_generator: {remote_write: [{url: 'http://a', send_exemplars: true}]}}
  none: {metrics_generator: {remote_write: []}}
";
    let config = load_both(main, tenants);
    assert_prints_load_back(&config, "endpoints");
    let own = TenantId::parse("own").unwrap();
    let print = serde_json::to_value(config.print_tenant(&own, PrintMode::Diff)).unwrap();
    assert_eq!(
        print,
        json!({"metrics_generator": {"remote_write": [{"url": "http://a", "send_exemplars": true}]}})
    );
}
