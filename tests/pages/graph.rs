//! The live graph in a browser: it shows what is generated, and its URL is its whole state.

use std::time::Duration;

use reqwest::blocking::Client;
use serde_json::{Value, json};

use crate::harness::browser::Browser;
use crate::harness::otlp::{HttpSender, Sender};
use crate::harness::spans::{SpanExt, of_service, request, span};
use crate::harness::until::check;
use crate::harness::{Server, ServerConfig, until};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

const REQUESTS: &str = "traces_service_graph_request_total";
/// The services of the demo's shop, and what it calls: 14 nodes and 17 edges.
const NODES: usize = 14;
const EDGES: usize = 17;

fn demo() -> Server {
    let server = ServerConfig::new().argument("demo").start();
    until("all edges of the demo are there", Duration::from_secs(30), || {
        let graph = graph(&server);
        let (nodes, edges) = (
            graph["nodes"].as_array().unwrap(),
            graph["edges"].as_array().unwrap(),
        );
        let are_all = nodes.len() == NODES && edges.len() == EDGES && graph["window_seconds"].is_number();
        check(are_all, || {
            format!("{} nodes, {} edges", nodes.len(), edges.len())
        })
    });
    server
}

fn graph(server: &Server) -> Value {
    let answer = Client::new().get(server.page("/api/v1/graph")).send().unwrap();
    answer.error_for_status().unwrap().json().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// The calls of one edge so far, as they are there to scrape.
fn generated(server: &Server, edge: &Value) -> f64 {
    let labels = [
        ("client", text(&edge["client"])),
        ("server", text(&edge["server"])),
    ];
    server.generated().sum(REQUESTS, &labels)
}

#[test]
fn every_edge_has_the_calls_that_are_generated_and_their_rate() {
    let server = demo();
    let first = graph(&server);
    let at_first: Vec<_> = first["edges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edge| generated(&server, edge))
        .collect();
    let later = until("eight seconds have passed", Duration::from_secs(30), || {
        let graph = graph(&server);
        let passed = graph["taken_unix_milliseconds"].as_i64().unwrap()
            - first["taken_unix_milliseconds"].as_i64().unwrap();
        check(passed > 8_000, || format!("{passed} ms")).map(|()| (graph, passed))
    });
    let (graph, passed) = later;
    for (before, edge) in at_first.iter().zip(graph["edges"].as_array().unwrap()) {
        let name = format!("{} → {}", edge["client"], edge["server"]);
        let (calls, rate) = (
            &edge["measures"]["calls"],
            edge["measures"]["rate"].as_f64().unwrap(),
        );
        let (calls, after) = (calls.as_f64().unwrap(), generated(&server, edge));
        assert!(
            *before <= calls && calls <= after,
            "{name}: {before} ≤ {calls} ≤ {after}"
        );
        #[expect(clippy::cast_precision_loss, reason = "seconds of a test")]
        let expected = (after - before) / (passed as f64 / 1_000.0);
        // The demo calls at random: the windows are not quite the same.
        assert!(
            (rate - expected).abs() < 0.6 * expected + 1.5,
            "{name}: {rate}/s, not {expected}/s"
        );
    }
}

#[test]
fn the_drawing_shows_every_service_and_call_once() {
    let server = demo();
    let browser = Browser::start(1400, 900);
    browser.open(&server.page("/graph"));
    assert_eq!(browser.count("#service-graph .node"), NODES);
    assert_eq!(browser.count("#service-graph .edge"), EDGES);
    assert_eq!(browser.count("#graph-edges-table tbody tr"), EDGES);
    for (service, kind) in [
        ("checkout", "service"),
        ("redis", "database"),
        ("user", "virtual"),
    ] {
        let selector = format!(".node.{kind}[data-service={service}]");
        assert_eq!(browser.count(&selector), 1, "{selector}");
    }
    browser.wait_for("document.getElementById('live-state').textContent === 'live'");
    browser.screenshot("graph");
    let before = browser.value("document.getElementById('graph-summary').textContent");
    browser.wait_for(&format!(
        "document.getElementById('graph-summary').textContent !== {before}"
    ));
    assert_eq!(browser.count("#service-graph .node"), NODES, "after a refresh");
    assert_eq!(browser.console(), [""; 0]);
}

#[test]
fn search_focus_and_filters_stand_in_the_url_and_come_back_with_it() {
    let server = demo();
    let browser = Browser::start(1400, 900);
    browser.open(&server.page("/graph"));
    browser.type_into("#graph-search", "CART");
    browser.wait_for("document.querySelectorAll('.node.found').length === 1");
    browser.wait_for("location.search.includes('q=CART')");
    browser.choose("#graph-focus", "payment");
    browser.wait_for("[...document.querySelectorAll('.node')].length === 3");
    let url = browser.url();
    assert!(url.contains("focus=payment") && url.contains("q=CART"), "{url}");
    browser.screenshot("graph-focus");

    let other = Browser::start(1400, 900);
    other.open(&url);
    let services =
        other.value("[...document.querySelectorAll('.node')].map(node => node.dataset.service).sort()");
    assert_eq!(services, json!(["card-network", "checkout", "payment"]));
    assert_eq!(other.count("#graph-nodes-table tbody tr"), 3);
    other.click("#graph-all");
    other.wait_for(&format!("document.querySelectorAll('.node').length === {NODES}"));
    other.type_into("#graph-min-rate", "1000000");
    other.wait_for("document.querySelectorAll('.node').length === 0");
    assert_eq!((browser.console(), other.console()), (Vec::new(), Vec::new()));
}

#[test]
fn tables_sort_by_a_click() {
    let server = demo();
    let browser = Browser::start(1400, 900);
    browser.open(&server.page("/graph"));
    let heading = "#graph-edges-table th a[href*='sort=server']";
    browser.click(heading);
    browser.wait_for("location.search.includes('sort=server')");
    browser.wait_for(
        "document.querySelector('#graph-edges-table th[aria-sort]')?.textContent.startsWith('Server')",
    );
    let servers = browser.texts("#graph-edges-table tbody tr td:nth-child(2)");
    assert_eq!(servers.len(), EDGES);
    assert!(servers.is_sorted(), "{servers:?}");
    browser.click(heading);
    browser.wait_for("document.querySelector('#graph-edges-table th[aria-sort=descending]') !== null");
    let servers = browser.texts("#graph-edges-table tbody tr td:nth-child(2)");
    assert!(servers.iter().rev().is_sorted(), "{servers:?}");
}

#[test]
fn the_view_is_kept_while_the_page_is_live_and_nothing_changes_while_it_is_frozen() {
    let server = demo();
    let browser = Browser::start(1400, 900);
    browser.open(&server.page("/graph"));
    let view = "document.getElementById('service-graph').getAttribute('viewBox')";
    let whole = browser.value(view);
    browser.click("#graph-zoom-in");
    let near = browser.value(view);
    assert_ne!(near, whole);
    browser.wait_for("location.search.includes('view=')");
    let summary = "document.getElementById('graph-summary').textContent";
    let before = browser.value(summary);
    browser.wait_for(&format!("{summary} !== {before}"));
    assert_eq!(browser.value(view), near, "after a refresh");
    browser.click("#live-pause");
    browser.wait_for("location.search.includes('frozen')");
    browser.wait_for("document.getElementById('live-state').textContent === 'frozen'");
    browser.requested();
    let frozen = browser.value(summary);
    // A live page would have asked several times by now.
    std::thread::sleep(Duration::from_secs(5));
    assert_eq!(browser.requested(), [""; 0]);
    assert_eq!(browser.value(summary), frozen);
}

#[test]
fn promql_is_copied_and_names_a_series_that_is_there() {
    let server = demo();
    let browser = Browser::start(1400, 900);
    browser.open(&server.page("/graph"));
    let query = browser
        .value("document.querySelector('.edge[data-client=checkout][data-server=payment]').dataset.promql");
    assert_eq!(
        query,
        json!(
            "sum(rate(traces_service_graph_request_total{client=\"checkout\",server=\"payment\",connection_type=\"\"}[5m]))"
        )
    );
    browser.click("#graph-edges-table .copy");
    browser.wait_for("document.querySelector('#graph-edges-table .copy').textContent === 'copied'");
}

#[test]
fn a_service_leads_to_its_callers_and_callees() {
    let server = demo();
    let browser = Browser::start(1400, 900);
    browser.open(&server.page("/graph"));
    browser.click(".node[data-service=payment] a, a:has(.node[data-service=payment])");
    browser.wait_for("location.pathname === '/graph/service/payment'");
    assert_eq!(browser.texts("main h1"), ["payment"]);
    let text = browser.value("document.getElementById('content').textContent");
    for name in ["checkout", "card-network"] {
        assert!(text.as_str().unwrap().contains(name), "{name}: {text}");
    }
    assert_eq!(browser.console(), [""; 0]);
}

#[test]
fn names_that_are_markup_are_shown_as_names() {
    const NAME: &str = "<script>alert(1)</script>\"'&";
    let server = ServerConfig::new().start();
    let client = span(1, 2, SpanKind::Client);
    let callee = span(1, 3, SpanKind::Server).parent(2);
    let sent = [of_service(NAME, vec![client]), of_service("cart", vec![callee])];
    HttpSender::new(&server.otlp_http()).deliver(request(sent.into()));
    until("the edge is there", Duration::from_secs(10), || {
        let graph = graph(&server);
        check(
            graph["edges"].as_array().is_some_and(|edges| edges.len() == 1),
            || graph.to_string(),
        )
    });
    let browser = Browser::start(1400, 900);
    browser.open(&server.page("/graph"));
    let drawn =
        browser.value("[...document.querySelectorAll('.node')].map(node => node.dataset.service).sort()");
    assert_eq!(drawn, json!([NAME, "cart"]));
    browser.click("a:has(.node[data-service^='<script>']), .node[data-service^='<script>'] a");
    browser.wait_for("location.pathname.startsWith('/graph/service/')");
    assert_eq!(browser.texts("main h1"), [NAME]);
    assert_eq!(browser.count("main script"), 0);
    assert_eq!(browser.console(), [""; 0]);
}
