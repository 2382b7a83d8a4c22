//! What every answer has in common: headers that protect, methods that do nothing, paths that lead home.

use reqwest::Method;
use reqwest::blocking::{Client, RequestBuilder, Response};

use crate::harness::{Server, ServerConfig};

fn ask(server: &Server, method: Method, path: &str) -> Response {
    Client::new().request(method, server.page(path)).send().unwrap()
}

#[test]
fn every_answer_forbids_scripts_and_frames_of_others() {
    let server = ServerConfig::new().start();
    for path in ["/", "/metrics", "/no-such-page", "/api/v1/openapi.json"] {
        let answer = ask(&server, Method::GET, path);
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("unsafe"),
            "{path}: {policy}"
        );
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("cache-control"), "no-store", "{path}");
    }
}

#[test]
fn pages_are_only_read() {
    let server = ServerConfig::new().start();
    for path in ["/", "/status", "/metrics/generated", "/api/v1/openapi.json"] {
        for method in [Method::POST, Method::PUT, Method::DELETE] {
            let answer = ask(&server, method.clone(), path);
            assert_eq!(answer.status(), 405, "{method} {path}");
            assert_eq!(answer.headers()["allow"], "GET, HEAD", "{method} {path}");
        }
        let head = ask(&server, Method::HEAD, path);
        assert_eq!(head.status(), 200, "HEAD {path}");
        assert_eq!(head.text().unwrap(), "", "HEAD {path}");
    }
}

#[test]
fn an_unknown_path_leads_home() {
    let server = ServerConfig::new().start();
    let page = ask(&server, Method::GET, "/no/<script>/page");
    assert_eq!(page.status(), 404);
    let text = page.text().unwrap();
    assert!(
        text.contains("href=\"/\"") && !text.contains("<script>"),
        "{text}"
    );
    let answer = ask(&server, Method::GET, "/api/v1/no-such-answer");
    assert_eq!(answer.status(), 404);
    let json: serde_json::Value = answer.json().unwrap();
    assert_eq!(json["error"], "there is nothing at /api/v1/no-such-answer");
}

#[test]
fn scripts_and_styles_come_from_the_binary_and_may_be_kept() {
    let server = ServerConfig::new().start();
    let page = server.text("/", "text/html");
    let stylesheet = page.split('"').find(|part| part.ends_with("/style.css")).unwrap();
    let answer = ask(&server, Method::GET, stylesheet);
    assert_eq!(answer.headers()["content-type"], "text/css; charset=utf-8");
    let kept = answer.headers()["cache-control"].to_str().unwrap().to_owned();
    assert!(kept.contains("immutable"), "{kept}");
    let of_another_version = ask(&server, Method::GET, "/assets/0/style.css");
    assert_eq!(of_another_version.headers()["cache-control"], "no-store");
    assert_eq!(ask(&server, Method::GET, "/assets/0/../Cargo.toml").status(), 404);
}

/// The status of a GET of `path` by the name `host`, with a further header.
fn by_name(server: &Server, host: &str, path: &str, mark: (&str, &str)) -> u16 {
    let request = Client::new()
        .get(server.page(path))
        .header("host", host)
        .header(mark.0, mark.1);
    request.send().unwrap().status().as_u16()
}

const PROGRAM: (&str, &str) = ("user-agent", "Prometheus/2.42.0");
const BROWSER: (&str, &str) = ("accept-language", "en");

#[test]
fn a_name_that_another_site_points_here_reads_nothing() {
    let server = ServerConfig::new().start();
    for path in [
        "/",
        "/graph",
        "/api/v1/graph",
        "/status",
        "/config",
        "/no-such-page",
    ] {
        for mark in [PROGRAM, BROWSER] {
            let status = by_name(&server, "evil.example:3200", path, mark);
            assert_eq!(status, 421, "{path} {mark:?}");
        }
        for own in ["127.0.0.1:1", "localhost", "[::1]:3200", "10.1.2.3"] {
            assert_ne!(by_name(&server, own, path, BROWSER), 421, "{path} {own}");
        }
    }
}

#[test]
fn programs_scrape_by_any_name_and_everybody_may_ask_for_health() {
    let server = ServerConfig::new().start();
    for path in ["/metrics", "/metrics/generated"] {
        let scraped = by_name(&server, "spangraph.monitoring.svc", path, PROGRAM);
        assert_eq!(scraped, 200, "{path}");
        assert_eq!(by_name(&server, "evil.example", path, BROWSER), 421, "{path}");
    }
    for path in ["/ready", "/healthz"] {
        assert_eq!(by_name(&server, "evil.example", path, BROWSER), 200, "{path}");
    }
}

#[test]
fn a_foreign_name_changes_nothing_and_is_told_which_setting_lets_it_in() {
    let server = ServerConfig::new().start();
    let client = Client::new();
    let as_evil = |request: RequestBuilder| request.header("host", "evil.example").send().unwrap();
    let posted = as_evil(client.post(server.page("/-/reload")));
    assert_eq!(posted.status(), 421);
    let told: serde_json::Value = as_evil(client.get(server.page("/api/v1/graph"))).json().unwrap();
    let error = told["error"].as_str().unwrap();
    assert!(error.contains("spangraph.pages.hosts"), "{told}");
}

#[test]
fn configured_names_are_answered_and_follow_a_reload() {
    let hosts = |hosts: &[&str]| serde_json::json!({ "spangraph": { "pages": { "hosts": hosts } } });
    let server = ServerConfig::new().with(&hosts(&["*.example"])).start();
    let mark = ("accept", "*/*");
    assert_eq!(by_name(&server, "graph.example", "/", mark), 200);
    assert_eq!(by_name(&server, "graph.other", "/", mark), 421);
    server.write_config(&hosts(&["graph.other"]));
    server.reload();
    assert_eq!(by_name(&server, "graph.other", "/", mark), 200);
    assert_eq!(by_name(&server, "graph.example", "/", mark), 421);
}
