//! The pages in a real browser: no error on the console, no request that leaves the origin, nothing wider than the screen.

use std::time::Duration;

use reqwest::blocking;

use crate::harness::browser::Browser;
use crate::harness::{Server, ServerConfig, until};

/// Every page, with a name for its pictures.
const PAGES: [(&str, &str); 10] = [
    ("overview", "/"),
    ("graph", "/graph"),
    ("service", "/graph/service/checkout"),
    ("actors", "/actors"),
    ("cardinality", "/cardinality"),
    ("outputs", "/outputs"),
    ("tenants", "/tenants"),
    ("tenant", "/tenants/single-tenant"),
    ("configuration", "/config"),
    ("pairing", "/pairing"),
];

/// The demo, once the service that a page is about has been called.
fn demo() -> Server {
    let server = ServerConfig::new().argument("demo").start();
    until("checkout is in the graph", Duration::from_secs(20), || {
        blocking::get(server.page("/graph/service/checkout"))?.error_for_status()
    });
    server
}

#[test]
fn pages_work_without_errors_and_ask_nobody_else() {
    let server = demo();
    let browser = Browser::start(1280, 900);
    for (name, path) in PAGES {
        browser.open(&server.page(path));
        browser.screenshot(name);
        assert_eq!(browser.console(), [""; 0], "{path}");
        for url in browser.requested() {
            assert!(url.starts_with(&server.page("/")), "{path} asks for {url}");
        }
    }
}

#[test]
fn pages_fit_a_narrow_screen() {
    let server = demo();
    let browser = Browser::start(360, 740);
    for (name, path) in PAGES {
        browser.open(&server.page(path));
        let too_wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
        assert_eq!(browser.value(too_wide), 0, "{path} is wider than the screen");
        browser.screenshot(&format!("{name}-narrow"));
    }
}
