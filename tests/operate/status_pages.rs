//! Configuration, tenants and plain text: what they tell, what they hide, and what they refuse.

use std::fs;
use std::time::Duration;

use reqwest::blocking::{Client, Response};
use serde_json::{Value, json};

use crate::harness::otlp::{HttpSender, Sender};
use crate::harness::spans::pair;
use crate::harness::until::check;
use crate::harness::{Server, ServerConfig, until};

fn get(server: &Server, path: &str) -> Response {
    Client::new().get(server.page(path)).send().unwrap()
}

fn json_of(server: &Server, path: &str) -> Value {
    get(server, path).error_for_status().unwrap().json().unwrap()
}

fn text_of(server: &Server, path: &str) -> String {
    server.text(path, "*/*")
}

/// A server with tenants of which `acme` and `quiet` have entries, started with two pairs of `acme`.
fn with_tenants() -> Server {
    let config = ServerConfig::new();
    let file = config.folder().join("overrides.yaml");
    let entries = json!({ "overrides": {
        "acme": { "metrics_generator": { "max_active_series": 1000 } },
        "quiet": { "metrics_generator": { "processors": ["span-metrics"] } },
    } });
    fs::write(&file, entries.to_string()).unwrap();
    let server = config
        .with(&json!({
            "multitenancy_enabled": true,
            "overrides": { "per_tenant_override_config": file },
        }))
        .start();
    let mut sender = HttpSender::new(&server.otlp_http());
    for trace in 1..3 {
        sender.send_as(Some("acme"), pair(trace));
    }
    server
}

fn wait_for_edges(server: &Server, tenant: &str, edges: u64) {
    let path = format!("/api/v1/tenants/{tenant}");
    until("the tenant's edges are counted", Duration::from_secs(10), || {
        let report = json_of(server, &path);
        check(report["activity"]["edges"][0]["count"] == edges, || {
            report.to_string()
        })
    });
}

#[test]
fn the_configuration_is_shown_in_three_views() {
    let server = ServerConfig::new().start();
    let defaults = text_of(&server, "/status/config?mode=defaults");
    let effective = text_of(&server, "/status/config");
    let diff = text_of(&server, "/status/config?mode=diff");
    assert_eq!(effective, text_of(&server, "/status/config?mode=effective"));
    assert!(
        defaults.contains("wait: 10s") && defaults.contains("http_listen_port: 3200"),
        "{defaults}"
    );
    assert!(
        effective.contains("wait: 2s") && effective.contains("max_items: 10000"),
        "{effective}"
    );
    assert!(diff.contains("wait: 2s") && !diff.contains("max_items"), "{diff}");
    let report = json_of(&server, "/api/v1/config");
    for (view, text) in [
        ("effective", &effective),
        ("diff", &diff),
        ("defaults", &defaults),
    ] {
        assert_eq!(
            report[view],
            serde_saphyr::from_str::<Value>(text).unwrap(),
            "{view}"
        );
        let page = text_of(&server, &format!("/config?mode={view}"));
        assert_eq!(page.contains("max_items: 10000"), view != "diff", "{page}");
    }
    for path in [
        "/config?mode=all",
        "/status/config?mode=all",
        "/status/runtime_config?mode=",
    ] {
        assert_eq!(get(&server, path).status(), 400, "{path}");
    }
}

#[test]
fn tenants_are_listed_with_what_they_send_and_may() {
    let server = with_tenants();
    wait_for_edges(&server, "acme", 2);
    let list = json_of(&server, "/api/v1/tenants");
    assert_eq!(list["tenants"][0]["id"], "acme");
    assert_eq!(list["tenants"][0]["spans_received"], 4);
    assert_eq!(list["tenants"][0]["series"]["limit"], 1000);
    assert_eq!(list["silent"], json!(["quiet"]));
    let page = text_of(&server, "/tenants");
    for link in [
        "/tenants/acme",
        "/graph?tenant=acme",
        "/pairing?tenant=acme",
        "/tenants/quiet",
    ] {
        assert!(page.contains(&format!("href=\"{link}\"")), "{link} in {page}");
    }
    let acme = json_of(&server, "/api/v1/tenants/acme");
    assert_eq!(
        acme["overrides"],
        json!({ "metrics_generator": { "max_active_series": 1000 } })
    );
    assert_eq!(
        acme["settings"]["metrics_generator"]["processor"]["service_graphs"]["wait"],
        "2s"
    );
    let page = text_of(&server, "/tenants/acme");
    assert!(
        page.contains("paired") && page.contains("max_active_series: 1000"),
        "{page}"
    );
    let quiet = text_of(&server, "/tenants/quiet");
    assert!(
        quiet.contains("no span since the start") && quiet.contains("[span-metrics]"),
        "{quiet}"
    );
    let entries = text_of(&server, "/status/runtime_config?mode=diff");
    assert!(
        entries.contains("max_active_series: 1000") && !entries.contains("wait"),
        "{entries}"
    );
}

#[test]
fn a_tenant_that_is_none_is_refused_with_the_reason() {
    let server = with_tenants();
    for id in ["a%2Fb", "%3Cscript%3E", &"x".repeat(151)] {
        for path in ["/tenants/", "/api/v1/tenants/"] {
            let answer = get(&server, &format!("{path}{id}"));
            assert_eq!(answer.status(), 400, "{path}{id}");
            let text = answer.text().unwrap();
            assert!(text.contains("parameter id: tenant id"), "{text}");
            assert!(!text.contains("<script>"), "{text}");
        }
    }
    let unknown = get(&server, "/tenants/o'brien");
    assert_eq!(unknown.status(), 404);
    let text = unknown.text().unwrap();
    assert!(text.contains("<a href=\"/tenants\">See all tenants"), "{text}");
    assert_eq!(get(&server, "/api/v1/tenants/nobody").status(), 404);
}

#[test]
fn the_only_tenant_has_a_page_before_it_sends() {
    let server = ServerConfig::new().start();
    let report = json_of(&server, "/api/v1/tenants/single-tenant");
    assert_eq!(report["activity"], Value::Null);
    assert_eq!(report["limits"]["pending_edges"]["limit"], 10_000);
    HttpSender::new(&server.otlp_http()).deliver(pair(1));
    wait_for_edges(&server, "single-tenant", 1);
}

#[test]
fn plain_text_tells_version_services_and_endpoints() {
    let server = with_tenants();
    let version = text_of(&server, "/status/version");
    assert!(
        version.starts_with(&format!("spangraph {}\n", env!("CARGO_PKG_VERSION"))),
        "{version}"
    );
    let services = text_of(&server, "/status/services");
    for part in [
        "receiver grpc",
        "receiver http",
        "pipeline",
        "pages",
        "tenant acme",
    ] {
        let line = services.lines().find(|line| line.starts_with(part));
        assert!(
            line.is_some_and(|line| line.contains("running")),
            "{part} in {services}"
        );
    }
    let endpoints = text_of(&server, "/status/endpoints");
    for path in [
        "/tenants/{id}",
        "/api/v1/config",
        "/status",
        "/metrics/generated",
        "/v1/traces",
    ] {
        assert!(endpoints.contains(path), "{path} in {endpoints}");
    }
    let all = text_of(&server, "/status");
    assert!(
        all.contains(&services) && all.contains(&endpoints) && all.contains("tenant acme"),
        "{all}"
    );
    let kind = get(&server, "/status/config").headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    assert_eq!(kind, "text/plain; charset=utf-8");
}

/// A server with a secret, which begins with `s3cr3t`, in every place that there is; its store refuses everything.
fn with_secrets() -> Server {
    let config = ServerConfig::new();
    let file = config.folder().join("overrides.yaml");
    let headers =
        |secret: &str| json!({ "metrics_generator": { "remote_write_headers": { "X-Token": secret } } });
    let entries = json!({ "overrides": { "acme": headers("s3cr3t1"), "*": headers("s3cr3t2") } });
    fs::write(&file, entries.to_string()).unwrap();
    let endpoints = json!([
        { "url": "http://127.0.0.1:9/write?token=s3cr3t3&s3cr3t4", "name": "query",
          "basic_auth": { "username": "user", "password": "s3cr3t5" } },
        { "url": "http://127.0.0.1:9/2", "name": "header", "headers": { "Authorization": "Bearer s3cr3t6" } },
        { "url": "http://127.0.0.1:9/3", "name": "bearer", "bearer_token": "s3cr3t7" },
        { "url": "http://127.0.0.1:9/4", "name": "authorization", "authorization": { "credentials": "s3cr3t8" } },
    ]);
    config
        .with(&json!({
            "server": { "log_level": "debug" },
            "spangraph": { "authentication": { "receivers": [
                { "bearer_token": "s3cr3tA" },
                { "basic_auth": { "username": "user", "password": "s3cr3tB" } },
            ] } },
            "multitenancy_enabled": true,
            "metrics_generator": { "storage": { "remote_write": endpoints } },
            "overrides": {
                "per_tenant_override_config": file,
                "defaults": { "metrics_generator": { "remote_write_headers": { "Authorization": "s3cr3t9" } } },
            },
        }))
        .start()
}

/// Every path that the server says it has, with parameters filled in.
fn paths(server: &Server) -> Vec<String> {
    let endpoints = text_of(server, "/status/endpoints");
    let paths = endpoints
        .lines()
        .filter_map(|line| line.strip_prefix("GET, HEAD  "));
    paths
        .map(|path| {
            path.replace("{id}", "acme")
                .replace("{service}", "shop")
                .replace("{version}", "0")
                .replace("{name}", "style.css")
        })
        .collect()
}

#[test]
fn no_page_and_no_log_line_shows_a_secret() {
    let mut server = with_secrets();
    for authorization in ["Bearer s3cr3tA", "Bearer s3cr3tX"] {
        HttpSender::new(&server.otlp_http())
            .with_authorization(authorization)
            .send_as(Some("acme"), pair(1));
    }
    until("every endpoint has failed", Duration::from_secs(10), || {
        let report = json_of(&server, "/api/v1/tenants/acme");
        let writers = report["writers"].as_array().unwrap();
        let failed = writers
            .iter()
            .filter(|writer| !writer["last_error"].is_null())
            .count();
        check(failed == 4, || report.to_string())
    });
    let mut paths = paths(&server);
    assert!(paths.len() > 15, "{paths:?}");
    for path in ["/config", "/status/config", "/status/runtime_config"] {
        paths.extend(["effective", "diff", "defaults"].map(|mode| format!("{path}?mode={mode}")));
    }
    paths.extend(paths.clone().iter().map(|path| format!("{path}?tenant=acme")));
    for path in paths {
        let answer = get(&server, &path);
        let (status, text) = (answer.status(), answer.text().unwrap());
        assert!(!status.is_server_error(), "{path}: {status}");
        assert!(!text.contains("s3cr3t"), "{path}: {text}");
    }
    let report = json_of(&server, "/api/v1/tenants/acme");
    assert_eq!(
        report["endpoints"][0]["url"],
        "http://127.0.0.1:9/write?token=<secret>&<secret>"
    );
    server.stop();
    assert!(
        !server.process.log().contains("s3cr3t"),
        "{}",
        server.process.log()
    );
}
