//! Certificates that are read, renewed, and refused.

use std::fs;

use prometheus_client::registry::Registry;
use spangraph_config::TlsClients;
use spangraph_test_support::exposition::Scrape;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::material::Material;
use super::renewal::Renewer;
use super::*;

const RENEWALS: &str = "spangraph_tls_renewals_total";
const HANDSHAKES: &str = "spangraph_tls_handshakes_total";

struct Files {
    folder: TempDir,
    settings: TlsServerSettings,
}

impl Files {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let file = |name: &str| folder.path().join(name);
        let settings = TlsServerSettings {
            cert_file: file("cert.pem"),
            key_file: file("key.pem"),
            clients: TlsClients::Anyone,
            tls12: true,
            tls13: true,
            reload_interval: None,
        };
        let files = Self { folder, settings };
        files.write(&new_pair());
        files
    }

    fn write(&self, (certificate, key): &(String, String)) {
        fs::write(&self.settings.cert_file, certificate).unwrap();
        fs::write(&self.settings.key_file, key).unwrap();
    }

    fn renewer(&self, metrics: &TlsMetrics) -> Renewer {
        let material = Material::read(&self.settings).unwrap();
        Renewer::new(self.settings.clone(), Listener::Grpc, material, metrics.clone())
    }
}

fn new_pair() -> (String, String) {
    let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    (pair.cert.pem(), pair.signing_key.serialize_pem())
}

fn page_of(metrics: &TlsMetrics) -> Scrape {
    let mut registry = Registry::default();
    metrics.register(&mut registry);
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    Scrape::parse(&text).unwrap()
}

#[test]
fn new_files_are_taken_once() {
    let (files, metrics) = (Files::new(), TlsMetrics::default());
    let mut renewer = files.renewer(&metrics);
    assert!(renewer.look().is_none());
    files.write(&new_pair());
    assert!(renewer.look().is_some());
    assert!(renewer.look().is_none());
    let labels = [("listener", "grpc"), ("outcome", "renewed")];
    assert_eq!(page_of(&metrics).value(RENEWALS, &labels), Some(1.0));
}

#[test]
fn files_that_cannot_be_used_are_refused_and_told_once_until_they_change() {
    let (files, metrics) = (Files::new(), TlsMetrics::default());
    let mut renewer = files.renewer(&metrics);
    let (certificate, key) = new_pair();
    // The new certificate is there, and its key is not yet.
    fs::write(&files.settings.cert_file, &certificate).unwrap();
    assert!(renewer.look().is_none() && renewer.look().is_none());
    fs::remove_file(&files.settings.key_file).unwrap();
    assert!(renewer.look().is_none());
    fs::write(&files.settings.key_file, key).unwrap();
    assert!(renewer.look().is_some());
    let renewals = page_of(&metrics).sum_by_label(RENEWALS, "outcome");
    assert_eq!((renewals["failed"], renewals["renewed"]), (2.0, 1.0));
}

#[test]
fn what_is_wrong_with_files_is_told_with_their_paths_and_without_keys() {
    let files = Files::new();
    let told = |settings: &TlsServerSettings| check(settings, Listener::Http).unwrap_err().to_string();
    let with_clients = TlsServerSettings {
        clients: TlsClients::Verified(files.folder.path().join("authorities.pem")),
        ..files.settings.clone()
    };
    assert!(
        told(&with_clients).contains("authorities.pem"),
        "{}",
        told(&with_clients)
    );
    fs::write(&files.settings.key_file, "hunter2").unwrap();
    let message = told(&files.settings);
    assert!(message.contains("key.pem has no usable key"), "{message}");
    assert!(!message.contains("hunter2"), "{message}");
    fs::write(&files.settings.cert_file, "").unwrap();
    assert!(told(&files.settings).contains("cert.pem has no usable certificate"));
}

/// How a handshake ends whose client sends `bytes` and then waits.
async fn accept_after(bytes: &[u8]) -> (io::ErrorKind, Scrape) {
    let (files, metrics) = (Files::new(), TlsMetrics::default());
    let mut acceptor = TlsAcceptor::start(&files.settings, Listener::Pages, &metrics).unwrap();
    acceptor.handshake_timeout = Duration::from_millis(50);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    client.write_all(bytes).await.unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    let error = acceptor.accept(stream).await.map(drop).unwrap_err();
    (error.kind(), page_of(&metrics))
}

#[tokio::test]
async fn a_handshake_has_a_deadline() {
    let (kind, metrics) = accept_after(b"").await;
    assert_eq!(kind, io::ErrorKind::TimedOut);
    let labels = [("listener", "pages"), ("outcome", "timeout")];
    assert_eq!(metrics.value(HANDSHAKES, &labels), Some(1.0));
}

#[tokio::test]
async fn plain_text_is_refused_and_counted() {
    for bytes in [
        &b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let (_, metrics) = accept_after(bytes).await;
        let labels = [("listener", "pages"), ("outcome", "plain_text")];
        assert_eq!(metrics.value(HANDSHAKES, &labels), Some(1.0));
    }
}
