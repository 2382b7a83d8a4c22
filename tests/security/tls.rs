//! TLS on all three listeners: who trusts is served, who is not trusted is not, and plain text is closed.

use prost::Message;
use serde_json::{Value, json};
use spangraph_test_support::exposition::Scrape;

use crate::harness::certificates::{Authority, HttpsAnswer, Identity};
use crate::harness::otlp::{ALL_ACCEPTED, Answer, GrpcSender, Sender};
use crate::harness::server::run_binary;
use crate::harness::spans::pair;
use crate::harness::{Server, ServerConfig};

const RECEIVERS: &str = "/distributor/receivers/otlp/protocols";

/// A server with TLS everywhere, which asks for certificates of `clients` if any.
fn start(authority: &Authority, clients: Option<&Authority>) -> Server {
    let config = ServerConfig::new();
    let mut tls = authority.equip(config.folder());
    let mut pages = tls.clone();
    if let Some(clients) = clients {
        let folder = config.folder().join("clients");
        std::fs::create_dir(&folder).unwrap();
        clients.equip(&folder);
        tls["client_ca_file"] = json!(folder.join("ca.pem"));
        pages["client_ca_file"] = json!(folder.join("ca.pem"));
        pages["client_auth_type"] = json!("RequireAndVerifyClientCert");
    }
    config
        .with(&json!({
            "server": { "http_tls_config": pages },
            "distributor": { "receivers": { "otlp": { "protocols": {
                "grpc": { "tls": tls }, "http": { "tls": tls },
            } } } },
        }))
        .start_with_secure_pages()
}

fn send_by_grpc(server: &Server, authority: &Authority, identity: Option<&Identity>) -> Result<(), String> {
    let mut sender = GrpcSender::connect_to(authority.channel(server.ports.grpc, identity))?;
    match sender.send(pair(1)) {
        ALL_ACCEPTED => Ok(()),
        answer => Err(format!("{answer:?}")),
    }
}

fn send_by_http(server: &Server, authority: &Authority, identity: Option<&Identity>) -> Result<u16, String> {
    let url = format!("https://127.0.0.1:{}/v1/traces", server.ports.http);
    authority.https(identity).post(&url, pair(2).encode_to_vec())
}

fn page(
    server: &Server,
    authority: &Authority,
    identity: Option<&Identity>,
    path: &str,
) -> Result<HttpsAnswer, String> {
    let url = format!("https://127.0.0.1:{}{path}", server.ports.pages);
    authority.https(identity).get(&url)
}

fn own_metrics(server: &Server, authority: &Authority, identity: Option<&Identity>) -> Scrape {
    Scrape::parse(&page(server, authority, identity, "/metrics").unwrap().text).unwrap()
}

fn handshakes(metrics: &Scrape, listener: &str, outcome: &str) -> f64 {
    metrics.sum(
        "spangraph_tls_handshakes_total",
        &[("listener", listener), ("outcome", outcome)],
    )
}

#[test]
fn all_listeners_speak_tls_to_those_who_trust_them_and_to_nobody_else() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let mut server = start(&authority, None);
    send_by_grpc(&server, &authority, None).unwrap();
    assert_eq!(send_by_http(&server, &authority, None), Ok(200));
    assert_eq!(page(&server, &authority, None, "/ready").unwrap().status, 200);
    assert!(send_by_grpc(&server, &stranger, None).is_err());
    assert!(send_by_http(&server, &stranger, None).is_err());
    assert!(page(&server, &stranger, None, "/ready").is_err());
    let metrics = own_metrics(&server, &authority, None);
    assert_eq!(metrics.sum("spangraph_receiver_requests_total", &[]), 2.0);
    for listener in ["grpc", "http", "pages"] {
        assert!(handshakes(&metrics, listener, "done") >= 1.0, "{listener}");
        assert!(
            handshakes(&metrics, listener, "refused_by_client") >= 1.0,
            "{listener}"
        );
    }
    assert!(server.stop().success());
}

#[test]
fn listeners_that_ask_for_certificates_let_in_only_those_of_their_authority() {
    let (authority, clients, stranger) = (Authority::new(), Authority::new(), Authority::new());
    let server = start(&authority, Some(&clients));
    let (known, unknown) = (clients.issue(), stranger.issue());
    send_by_grpc(&server, &authority, Some(&known)).unwrap();
    assert_eq!(send_by_http(&server, &authority, Some(&known)), Ok(200));
    assert_eq!(page(&server, &authority, Some(&known), "/").unwrap().status, 200);
    for identity in [None, Some(&unknown)] {
        assert!(send_by_grpc(&server, &authority, identity).is_err());
        assert!(send_by_http(&server, &authority, identity).is_err());
        assert!(page(&server, &authority, identity, "/ready").is_err());
    }
    let metrics = own_metrics(&server, &authority, Some(&known));
    assert_eq!(metrics.sum("spangraph_receiver_requests_total", &[]), 2.0);
    for listener in ["grpc", "http", "pages"] {
        let refused = handshakes(&metrics, listener, "client_certificate");
        assert!(refused >= 2.0, "{listener}: {refused}");
    }
}

#[test]
fn plain_text_to_a_tls_port_is_told_to_use_tls_and_counted() {
    let authority = Authority::new();
    let server = start(&authority, None);
    let client = reqwest::blocking::Client::new();
    let post = client.post(format!("{}/v1/traces", server.otlp_http()));
    for request in [post, client.get(server.page("/ready"))] {
        let answer = request.send().unwrap();
        assert_eq!(answer.status(), 400);
        let told = answer.text().unwrap();
        assert!(told.contains("speaks TLS: use https://"), "{told}");
    }
    let answer = GrpcSender::connect(&server.otlp_grpc()).send(pair(1));
    assert!(
        matches!(&answer, Answer::Refused(told) if told.contains("speaks TLS: use https://")),
        "{answer:?}"
    );
    let metrics = own_metrics(&server, &authority, None);
    for listener in ["grpc", "http", "pages"] {
        assert!(handshakes(&metrics, listener, "plain_text") >= 1.0, "{listener}");
        let labels = [("listener", listener)];
        let counted = metrics.sum("spangraph_listener_protocol_mismatches_total", &labels);
        assert!(counted >= 1.0, "{listener}");
    }
    assert_eq!(metrics.sum("spangraph_receiver_requests_total", &[]), 0.0);
}

#[test]
fn another_version_of_http_within_tls_is_counted() {
    let authority = Authority::new();
    let server = start(&authority, None);
    // This client does without an agreement on the protocol, as that of Java does.
    let url = format!("https://127.0.0.1:{}/v1/traces", server.ports.grpc);
    assert_eq!(authority.https(None).post(&url, pair(2).encode_to_vec()), Ok(400));
    // This one insists on HTTP/2.
    assert!(GrpcSender::connect_to(authority.channel(server.ports.http, None)).is_err());
    let metrics = own_metrics(&server, &authority, None);
    for labels in [
        [("listener", "grpc"), ("protocol", "http1")],
        [("listener", "http"), ("protocol", "http2")],
    ] {
        let counted = metrics.sum("spangraph_listener_protocol_mismatches_total", &labels);
        assert!(counted >= 1.0, "{labels:?}");
    }
}

#[test]
fn a_certificate_that_cannot_be_used_is_told_with_its_key_before_anything_listens() {
    let config = ServerConfig::new();
    let tls: Value = Authority::new().equip(config.folder());
    std::fs::write(config.folder().join("key.pem"), "hunter2").unwrap();
    let protocols = json!({ "grpc": { "tls": tls } });
    let mut over = json!({ "distributor": { "receivers": { "otlp": {} } } });
    over["distributor"]["receivers"]["otlp"]["protocols"] = protocols;
    let told = config.with(&over).try_start().err().unwrap();
    let key = RECEIVERS.trim_start_matches('/').replace('/', ".");
    assert!(told.contains(&format!("{key}.grpc.tls: ")), "{told}");
    assert!(
        told.contains("key.pem has no usable key") && !told.contains("hunter2"),
        "{told}"
    );
}

#[test]
fn a_healthcheck_asks_a_server_whose_pages_have_tls() {
    let authority = Authority::new();
    let server = start(&authority, None);
    let url = format!("https://127.0.0.1:{}/ready", server.ports.pages);
    let output = run_binary(&["healthcheck", "--url", &url]);
    assert!(output.status.success(), "{output:?}");
    let plain = run_binary(&["healthcheck", "--url", &server.page("/ready")]);
    assert_eq!(plain.status.code(), Some(1));
}
