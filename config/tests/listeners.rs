//! TLS and credentials of the listeners: what is read, and what is refused.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what tests share fails by panicking"
)]

use std::path::PathBuf;
use std::time::Duration;

use spangraph_config::{
    AcceptedCredential, Config, Credential, PrintMode, Secret, TenantId, TlsClients, TlsServerSettings,
};

fn load(text: &str) -> Config {
    Config::from_yaml(text).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

fn mistakes(text: &str) -> String {
    Config::from_yaml(text).unwrap_err().to_string()
}

fn receiver_tls(tls: &str) -> String {
    format!("distributor: {{receivers: {{otlp: {{protocols: {{grpc: {{tls: {{{tls}}}}}}}}}}}}}")
}

#[test]
fn a_receiver_reads_the_collectors_keys() {
    let text =
        receiver_tls("cert_file: c, key_file: k, client_ca_file: a, min_version: '1.3', reload_interval: 1m");
    let tls = load(&text).server().grpc.unwrap().tls.unwrap();
    assert_eq!(
        tls,
        TlsServerSettings {
            cert_file: "c".into(),
            key_file: "k".into(),
            clients: TlsClients::Verified("a".into()),
            tls12: false,
            tls13: true,
            reload_interval: Some(Duration::from_secs(60)),
        }
    );
    let plain = load(&receiver_tls(
        "cert_file: c, key_file: k, max_version: '1.2', reload_interval: 0s",
    ));
    let tls = plain.server().grpc.unwrap().tls.unwrap();
    assert_eq!((tls.clients, tls.reload_interval), (TlsClients::Anyone, None));
    assert!(tls.tls12 && !tls.tls13);
    assert_eq!(load(&receiver_tls("")).server().grpc.unwrap().tls, None);
}

#[test]
fn pages_read_tempos_keys() {
    let text = "server: {http_tls_config: {cert_file: c, key_file: k, client_ca_file: a, client_auth_type: TYPE}, tls_min_version: VersionTLS13}";
    for (name, clients) in [
        (
            "RequireAndVerifyClientCert",
            TlsClients::Verified(PathBuf::from("a")),
        ),
        (
            "VerifyClientCertIfGiven",
            TlsClients::VerifiedIfGiven(PathBuf::from("a")),
        ),
    ] {
        let tls = load(&text.replace("TYPE", name)).server().pages_tls.unwrap();
        assert_eq!((tls.clients, tls.tls12, tls.tls13), (clients, false, true));
    }
    let told = mistakes(&text.replace("TYPE", "NoClientCert"));
    assert!(told.contains("client_ca_file needs client_auth_type"), "{told}");
    let told = mistakes(&text.replace("TYPE", "RequireAnyClientCert"));
    assert!(
        told.contains("takes certificates without verifying them"),
        "{told}"
    );
}

/// Keys of a receiver's TLS, and what is told of them.
const TLS_MISTAKES: [(&str, &str); 9] = [
    ("cert_file: c", "tls.key_file: cert_file needs key_file"),
    ("key_file: c", "tls.cert_file: key_file needs cert_file"),
    (
        "client_ca_file: a",
        "tls.client_ca_file: client_ca_file needs cert_file and key_file",
    ),
    (
        "min_version: '1.3'",
        "tls.min_version: min_version needs cert_file and key_file",
    ),
    (
        "cert_file: c, key_file: k, min_version: '1.1'",
        "TLS 1.1 is not safe and not supported",
    ),
    (
        "cert_file: c, key_file: k, min_version: '1.3', max_version: '1.2'",
        "max_version: must not be below min_version",
    ),
    (
        "cert_file: c, key_file: k, reload_interval: 1ms",
        "reload_interval: must be 0s, or at least 100ms",
    ),
    (
        "cert_pem: hunter2",
        "tls.cert_pem: not supported yet; name a file with the key that ends in _file",
    ),
    (
        "cipher_suites: [a]",
        "tls.cipher_suites: not supported yet; remove it",
    ),
];

#[test]
fn keys_of_tls_that_do_not_fit_together_are_told() {
    for (tls, told) in TLS_MISTAKES {
        let text = mistakes(&receiver_tls(tls));
        assert!(text.contains(told) && !text.contains("hunter2"), "{tls}: {text}");
    }
}

#[test]
fn keys_of_the_pages_tls_that_do_not_fit_are_told() {
    let text = mistakes(
        "server: {http_tls_config: {cert_file: c, key_file: k, client_auth_type: RequireAndVerifyClientCert}}",
    );
    assert!(text.contains("client_auth_type needs client_ca_file"), "{text}");
    let text = mistakes("server: {tls_cipher_suites: TLS_AES_128_GCM_SHA256}");
    assert!(
        text.contains("server.tls_cipher_suites: not supported yet"),
        "{text}"
    );
}

#[test]
fn credentials_are_read_with_their_tenants() {
    let config = load(
        "
multitenancy_enabled: true
spangraph:
  authentication:
    receivers:
      - {bearer_token_file: a.token, tenant: team-a}
      - {basic_auth: {username: b, password: s3cr3t}}
    pages:
      - {bearer_token: s3cr3t}
",
    );
    let authentication = config.server().authentication;
    assert_eq!(
        authentication.receivers,
        [
            AcceptedCredential {
                username: None,
                secret: Credential::File("a.token".into()),
                tenant: Some(TenantId::parse("team-a").unwrap()),
            },
            AcceptedCredential {
                username: Some("b".to_owned()),
                secret: Credential::Inline(Secret::new("s3cr3t")),
                tenant: None,
            },
        ]
    );
    assert_eq!(authentication.pages.len(), 1);
    let printed = config.print(PrintMode::Effective).to_string();
    assert!(
        !printed.contains("s3cr3t") && printed.contains("a.token"),
        "{printed}"
    );
}

/// Entries of the receivers' credentials, and what is told of them.
const CREDENTIAL_MISTAKES: [(&str, &str); 10] = [
    (
        "tenant: a",
        "receivers[0]: bearer_token, bearer_token_file or basic_auth is missing",
    ),
    ("bearer_token: ''", "receivers[0].bearer_token: must not be empty"),
    (
        "bearer_token: a, bearer_token_file: b",
        "only one kind of credential may be set, and bearer_token is",
    ),
    (
        "basic_auth: {password: b}",
        "basic_auth.username: username is missing",
    ),
    (
        "basic_auth: {username: 'a:b', password: b}",
        "basic_auth.username: must not contain a colon",
    ),
    (
        "basic_auth: {username: a}",
        "basic_auth.password: password or password_file is missing",
    ),
    (
        "basic_auth: {username: a, password: ''}",
        "basic_auth.password: must not be empty",
    ),
    (
        "bearer_token: a, tenant: a",
        "receivers[0].tenant: needs multitenancy_enabled: true",
    ),
    (
        "bearer_token: a, tenant: a/b",
        "receivers[0].tenant: tenant id contains the unsupported character",
    ),
    (
        "bearer_token: a}, {bearer_token: a",
        "receivers[1].bearer_token: another entry has the same token",
    ),
];

#[test]
fn credentials_that_let_nobody_in_or_anybody_are_told() {
    for (entry, told) in CREDENTIAL_MISTAKES {
        let text = mistakes(&format!(
            "spangraph: {{authentication: {{receivers: [{{{entry}}}]}}}}"
        ));
        assert!(text.contains(told), "{entry}: {text}");
    }
}

#[test]
fn a_tenant_among_the_credentials_of_the_pages_is_told() {
    let text = mistakes("spangraph: {authentication: {pages: [{bearer_token: a, tenant: b}]}}");
    assert!(text.contains("pages[0].tenant: unknown key"), "{text}");
}

fn http_cors(cors: &str) -> Config {
    let processors = "overrides: {defaults: {metrics_generator: {processors: [service-graphs]}}}";
    load(&format!(
        "distributor: {{receivers: {{otlp: {{protocols: {{http: {{cors: {{{cors}}}}}}}}}}}}}\n{processors}"
    ))
}

#[test]
fn the_collectors_keys_of_cors_are_read() {
    let config =
        http_cors("allowed_origins: ['https://*.a.example', '*'], allowed_headers: [X-A], max_age: 7200");
    assert!(config.notices().is_empty());
    let cors = config.server().http.unwrap().cors.unwrap();
    assert_eq!(cors.allowed_origins, ["https://*.a.example", "*"]);
    assert_eq!(
        (cors.allowed_headers, cors.max_age_seconds),
        (vec!["X-A".to_owned()], 7200)
    );
    assert_eq!(http_cors("").server().http.unwrap().cors, None);
}

#[test]
fn origins_that_no_browser_names_and_headers_for_nobody_are_told() {
    for (cors, told) in [
        (
            "allowed_origins: ['https://a.example/']",
            "no browser names the origin \"https://a.example/\"",
        ),
        ("allowed_origins: [a.example]", "write scheme://host"),
        ("allowed_origins: ['https://*.*.example']", "no browser names"),
        (
            "allowed_headers: [X-A]",
            "cors.allowed_headers has no effect without allowed_origins",
        ),
    ] {
        let config = http_cors(cors);
        let notices = config.notices();
        assert!(
            notices.len() == 1 && notices[0].contains(told),
            "{cors}: {notices:?}"
        );
    }
    for origin in [
        "https://a.example:8443",
        "http://127.0.0.1:*",
        "*.example",
        "null",
        "app://x",
    ] {
        let config = http_cors(&format!("allowed_origins: ['{origin}']"));
        assert!(config.notices().is_empty(), "{origin}");
    }
}
