//! Loading the configuration again: by signal, by request and from a changed override file.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::blocking::Client;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::harness::otlp::{HttpSender, Sender};
use crate::harness::spans::pair;
use crate::harness::until::check;
use crate::harness::{Server, ServerConfig, until};

const TIME: Duration = Duration::from_secs(20);

fn zone() -> Value {
    json!({ "metrics_generator": { "processor": { "service_graphs": { "dimensions": ["zone"] } } } })
}

fn gauge(server: &Server, name: &str) -> f64 {
    server.own_metrics().sum(name, &[])
}

fn post(server: &Server, site: Option<&str>) -> (StatusCode, String) {
    let mut request = Client::new().post(server.page("/-/reload"));
    if let Some(site) = site {
        request = request.header("Sec-Fetch-Site", site);
    }
    let answer = request.send().unwrap();
    (answer.status(), answer.text().unwrap())
}

#[test]
fn a_signal_loads_the_file_again_and_says_what_needs_a_restart() {
    let server = ServerConfig::new().start();
    HttpSender::new(&server.otlp_http()).send(pair(1));
    until("the tenant runs", TIME, || {
        let edges = gauge(&server, "spangraph_edges_total");
        check(edges > 0.0, || "no edges".to_owned())
    });
    let mut over = zone();
    over["multitenancy_enabled"] = json!(true);
    server.write_config(&over);
    let attempt = server.reload();
    assert_eq!(attempt["trigger"], "signal");
    assert_eq!(attempt["error"], Value::Null);
    assert_eq!(attempt["tenants_changed"], 1);
    assert_eq!(attempt["needs_restart"], json!(["multitenancy_enabled"]));
    assert!(
        server
            .text("/config", "*/*")
            .contains("running tenants changed: 1")
    );
    assert!(
        server
            .text("/status", "*/*")
            .contains("SIGHUP: done, running tenants changed: 1")
    );
    let config = server.text("/status/config?mode=diff", "*/*");
    assert!(config.contains("zone"), "{config}");
}

#[test]
fn a_file_with_mistakes_changes_nothing_and_every_place_says_so() {
    let mut server = ServerConfig::new().with(&zone()).start();
    let good = fs::read_to_string(server.config_file()).unwrap();
    fs::write(server.config_file(), "server:\n  http_listen_prot: 1\n").unwrap();
    let attempt = server.reload();
    let told = "line 2, column 3: server.http_listen_prot";
    assert!(attempt["error"].as_str().unwrap().contains(told), "{attempt}");
    assert_eq!(gauge(&server, "spangraph_config_last_reload_successful"), 0.0);
    for page in ["/", "/config", "/status"] {
        assert!(server.text(page, "*/*").contains(told), "{page}");
    }
    assert!(server.process.log().contains(told));
    assert!(server.text("/status/config?mode=diff", "*/*").contains("zone"));
    HttpSender::new(&server.otlp_http()).send(pair(1));
    let failed_at = gauge(&server, "spangraph_config_last_reload_success_timestamp_seconds");
    fs::write(server.config_file(), good).unwrap();
    assert_eq!(server.reload()["error"], Value::Null);
    assert_eq!(gauge(&server, "spangraph_config_last_reload_successful"), 1.0);
    let loaded_at = gauge(&server, "spangraph_config_last_reload_success_timestamp_seconds");
    assert!(loaded_at > failed_at);
    assert!(!server.text("/", "*/*").contains(told));
    assert!(server.stop().success());
}

#[test]
fn requests_are_refused_unless_they_are_switched_on() {
    let server = ServerConfig::new().start();
    let (status, reason) = post(&server, None);
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(reason.contains("spangraph.reload_endpoint.enabled"), "{reason}");
    assert!(!server.process.log().contains("loaded again"));
}

#[test]
fn only_a_post_of_nobody_else_s_page_loads_the_file_again() {
    let server = ServerConfig::new()
        .with(&json!({ "spangraph": { "reload_endpoint": { "enabled": true } } }))
        .start();
    for method in [reqwest::Method::GET, reqwest::Method::HEAD, reqwest::Method::PUT] {
        let answer = Client::new()
            .request(method.clone(), server.page("/-/reload"))
            .send()
            .unwrap();
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(answer.headers()["allow"], "POST", "{method}");
    }
    assert_eq!(post(&server, Some("cross-site")).0, StatusCode::FORBIDDEN);
    assert!(!server.process.log().contains("POST /-/reload"));
    server.write_config(&zone());
    let (status, told) = post(&server, None);
    assert_eq!(
        (status, told.as_str()),
        (StatusCode::OK, "done, running tenants changed: 0\n")
    );
    fs::write(server.config_file(), "server: 1\n").unwrap();
    let (status, told) = post(&server, Some("same-origin"));
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(told.contains("line 1, column 9"), "{told}");
    until("the failure is told", TIME, || {
        let loading = server.loading();
        let told = loading["last_reload"]["error"].is_string();
        check(told && loading["last_reload"]["trigger"] == "request", || {
            loading.to_string()
        })
    });
}

/// A server that looks at its override file all the time.
fn with_overrides(text: &str) -> (Server, PathBuf) {
    let config = ServerConfig::new();
    let file = config.folder().join("overrides.yaml");
    fs::write(&file, text).unwrap();
    let overrides = json!({ "overrides": {
        "per_tenant_override_config": file,
        "per_tenant_override_period": "100ms",
    } });
    (config.with(&overrides).start(), file)
}

fn entry(most: u32) -> String {
    format!("overrides:\n  single-tenant:\n    metrics_generator:\n      max_active_series: {most}\n")
}

fn until_limit(server: &Server, most: impl Into<Option<u32>>) {
    let most = json!(most.into());
    until("the entry is in force", TIME, || {
        let text = server.text("/api/v1/tenants/single-tenant", "*/*");
        let report: Value = serde_json::from_str(&text).unwrap();
        let limit = &report["limits"]["series"]["limit"];
        check(*limit == most, || report["limits"].to_string())
    });
}

fn replace(file: &Path, text: &str) {
    // As operators' tools do it, so that nobody reads half a file.
    let new = file.with_extension("new");
    fs::write(&new, text).unwrap();
    fs::rename(new, file).unwrap();
}

#[test]
fn a_changed_override_file_counts_and_a_bad_one_leaves_the_good_one() {
    let (server, file) = with_overrides(&entry(100));
    HttpSender::new(&server.otlp_http()).send(pair(1));
    until_limit(&server, 100);
    replace(&file, &entry(200));
    until_limit(&server, 200);
    replace(
        &file,
        "overrides:\n  single-tenant:\n    metrics_generator:\n      max_active: 1\n",
    );
    let successful = "spangraph_override_file_last_reload_successful";
    until("the bad file is noticed", TIME, || {
        check(gauge(&server, successful) == 0.0, || "it is not".to_owned())
    });
    let told = "line 4, column 7: overrides.single-tenant.metrics_generator.max_active";
    assert!(server.process.log().contains(told), "{}", server.process.log());
    assert!(server.text("/status", "*/*").contains(told));
    until_limit(&server, 200);
    let flat = "overrides: {single-tenant: {metrics_generator_max_active_series: 300}}";
    replace(&file, flat);
    until_limit(&server, 300);
    let older = "metrics_generator_max_active_series is metrics_generator.max_active_series";
    assert!(server.process.log().contains(older), "{}", server.process.log());
    replace(&file, &entry(200));
    until("the good file is noticed", TIME, || {
        check(gauge(&server, successful) == 1.0, || "it is not".to_owned())
    });
    assert_eq!(server.process.log().matches(told).count(), 1, "it is told once");
}

#[test]
fn an_override_file_without_entries_counts_and_it_is_told_when_that_takes_all_away() {
    let (server, file) = with_overrides(&entry(100));
    HttpSender::new(&server.otlp_http()).send(pair(1));
    until_limit(&server, 100);
    let told = "no tenant has an entry in the override file any more";
    for (removal, nothing) in (1..).zip(["overrides:\n", "overrides: {}\n"]) {
        replace(&file, nothing);
        until_limit(&server, None);
        until("it is told", TIME, || {
            let log = server.process.log();
            check(log.matches(told).count() == removal, || log)
        });
        replace(&file, &entry(100));
        until_limit(&server, 100);
    }
    assert!(server.process.log().contains("removed=1"));
    server.write_config(&json!({ "overrides": { "per_tenant_override_config": "" } }));
    assert_eq!(server.reload()["error"], Value::Null);
    assert_eq!(server.process.log().matches(told).count(), 3);
}

#[test]
fn a_hangup_while_the_server_starts_is_a_reload_once_it_runs() {
    let config = ServerConfig::new();
    let overrides = config.folder().join("overrides.yaml");
    // So many that reading them takes seconds.
    let entries =
        (0..30_000).map(|tenant| format!("  t{tenant}: {{metrics_generator: {{max_active_series: 1}}}}\n"));
    fs::write(&overrides, format!("overrides:\n{}", entries.collect::<String>())).unwrap();
    let starting = config
        .with(&json!({ "overrides": { "per_tenant_override_config": overrides } }))
        .begin();
    std::thread::sleep(Duration::from_millis(500));
    starting.process().signal(Signal::HUP);
    let server = starting.ready();
    until("it has loaded again", Duration::from_secs(60), || {
        let loading = server.loading();
        check(
            loading["last_reload"]["error"].is_null() && loading["last_reload"].is_object(),
            || loading.to_string(),
        )
    });
}
