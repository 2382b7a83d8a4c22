//! What every answer has in common: headers that protect, methods that do nothing, paths that lead home.

use reqwest::Method;
use reqwest::blocking::{Client, Response};

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
