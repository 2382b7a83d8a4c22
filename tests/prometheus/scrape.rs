//! The scrape that docs/security.md shows, as it stands there, by a real Prometheus.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::blocking::{Client, Response};
use serde_json::{Value, json};
use spangraph_test_support::exposition::Scrape;

use crate::harness::certificates::Authority;
use crate::harness::otlp::{HttpSender, Sender};
use crate::harness::prometheus::Prometheus;
use crate::harness::spans::pair;
use crate::harness::until::check;
use crate::harness::{Server, ServerConfig, until};

const TOTAL: &str = "traces_service_graph_request_total";
const PASSWORD: &str = "correct horse";

/// The example under "Scraping", with the files, the server's name and nothing else put in place.
fn documented(folder: &Path, port: u16) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/security.md");
    let page = fs::read_to_string(page).expect("the page is there");
    let section = page
        .split("\n## Scraping\n")
        .nth(1)
        .expect("the section is there");
    let example = section
        .split("```yaml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    let mut example = example.expect("the example is there").to_owned();
    for (documented, here) in [
        (
            "/etc/prometheus/ca.pem",
            folder.join("ca.pem").display().to_string(),
        ),
        (
            "/etc/prometheus/spangraph.password",
            folder.join("password").display().to_string(),
        ),
        ("spangraph:3200", format!("127.0.0.1:{port}")),
    ] {
        assert!(example.contains(documented), "{documented} is not in the example");
        example = example.replace(documented, &here);
    }
    format!("global: {{scrape_interval: 1s}}\n{example}")
}

/// A server with TLS and credentials on its pages, and many tenants; and where its files are.
fn secure_server() -> (Server, PathBuf) {
    let config = ServerConfig::new();
    let folder = config.folder().to_owned();
    fs::write(folder.join("password"), PASSWORD).unwrap();
    let tls = Authority::new().equip(&folder);
    let credential = json!({ "basic_auth": { "username": "prometheus", "password": PASSWORD } });
    let settings = json!({
        "multitenancy_enabled": true,
        "server": { "http_tls_config": tls },
        "spangraph": { "authentication": { "pages": [credential] } },
        "overrides": { "defaults": { "metrics_generator": { "processors": ["service-graphs", "span-metrics"] } } },
    });
    (config.with(&settings).start_with_secure_pages(), folder)
}

#[test]
fn the_documented_scrape_takes_the_series_of_all_tenants() {
    let (server, folder) = secure_server();
    let mut sender = HttpSender::new(&server.otlp_http());
    for (number, tenant) in [(1, "team-a"), (2, "team-b")] {
        sender.send_as(Some(tenant), pair(number));
    }
    let prometheus = Prometheus::start_with(&documented(&folder, server.ports.pages));
    until("both tenants' edges are scraped", Duration::from_secs(30), || {
        let found = prometheus.query(&format!("sum by (tenant) ({TOTAL})"));
        let tenants: Vec<&Value> = found.iter().map(|each| &each["metric"]["tenant"]).collect();
        check(tenants == ["team-a", "team-b"], || {
            format!("{found:?}\n{}", prometheus.log())
        })
    });
    assert_eq!(prometheus.query("up{job=\"spangraph\"}")[0]["value"][1], "1");
    assert!(
        prometheus
            .query("{__name__=~\"traces_.*\",exported_job!=\"\"}")
            .is_empty()
    );
}

/// A server of several tenants, with an override file that names `named`.
fn with_named_tenant() -> Server {
    let config = ServerConfig::new();
    let overrides = config.folder().join("overrides.yaml");
    let named = "overrides: {named: {metrics_generator: {max_active_series: 7}}}";
    fs::write(&overrides, named).unwrap();
    let settings = json!({
        "multitenancy_enabled": true,
        "overrides": { "per_tenant_override_config": overrides },
    });
    config.with(&settings).start()
}

fn generated(server: &Server, query: &str) -> Response {
    let url = server.page(&format!("/metrics/generated{query}"));
    Client::new().get(url).send().unwrap()
}

#[test]
fn a_tenant_that_nobody_knows_is_404_and_one_of_the_override_file_is_empty() {
    let server = with_named_tenant();
    HttpSender::new(&server.otlp_http()).send_as(Some("team-a"), pair(1));
    let nobody = generated(&server, "?tenant=nobody");
    assert_eq!(nobody.status(), 404);
    let told = nobody.text().unwrap();
    assert!(told.starts_with("tenant nobody has sent no span"), "{told}");
    for (query, status) in [
        ("", 400),
        ("?tenant=a/b", 400),
        ("?tenant=named", 200),
        ("?tenant=team-a", 200),
    ] {
        assert_eq!(generated(&server, query).status(), status, "{query}");
    }
    until("the edge is there", Duration::from_secs(10), || {
        let all = Scrape::parse(&generated(&server, "?tenant=*").text().unwrap()).unwrap();
        let edges = all.sum(TOTAL, &[("tenant", "team-a")]);
        check((edges - 1.0).abs() < f64::EPSILON, || format!("{edges} edges"))
    });
}

#[test]
fn a_tenant_called_as_all_are_is_taken_alone_by_the_header() {
    let server = with_named_tenant();
    let mut sender = HttpSender::new(&server.otlp_http());
    sender.send_as(Some("*"), pair(1));
    sender.send_as(Some("team-a"), pair(2));
    until("both have an edge", Duration::from_secs(10), || {
        let all = Scrape::parse(&generated(&server, "?tenant=*").text().unwrap()).unwrap();
        let edges = ["*", "team-a"].map(|tenant| all.sum(TOTAL, &[("tenant", tenant)]));
        check(edges == [1.0, 1.0], || format!("{edges:?}"))
    });
    for query in ["", "?tenant=*"] {
        let asked = Client::new().get(server.page(&format!("/metrics/generated{query}")));
        let alone = asked.header("X-Scope-OrgID", "*").send().unwrap();
        let alone = Scrape::parse(&alone.text().unwrap()).unwrap();
        let with_label = ["*", "team-a"].map(|tenant| alone.sum(TOTAL, &[("tenant", tenant)]));
        assert_eq!((alone.sum(TOTAL, &[]), with_label), (1.0, [0.0, 0.0]), "{query}");
    }
}

#[test]
fn without_tenants_another_than_the_only_one_is_404_and_headers_name_nobody() {
    let server = ServerConfig::new().start();
    let status = |path: &str| {
        let asked = Client::new().get(server.page(path));
        asked.header("X-Scope-OrgID", "somebody").send().unwrap().status()
    };
    for path in ["/metrics/generated", "/api/v1/cardinality"] {
        assert_eq!(status(&format!("{path}?tenant=nobody")), 404, "{path}");
        assert_eq!(status(&format!("{path}?tenant=single-tenant")), 200, "{path}");
        assert_eq!(status(path), 200, "{path}");
    }
    assert_eq!(status("/metrics/generated?tenant=*"), 200);
}
