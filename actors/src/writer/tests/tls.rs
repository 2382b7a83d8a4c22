use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use super::chunks::samples;
use super::endpoint::Endpoint;
use super::*;

/// A certificate authority with a folder for what it gives out.
struct Authority {
    folder: tempfile::TempDir,
    certificate: rcgen::Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let (folder, key) = (tempfile::tempdir().unwrap(), KeyPair::generate().unwrap());
        let mut parameters = CertificateParams::new(vec![]).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = parameters.self_signed(&key).unwrap();
        fs::write(folder.path().join("ca.pem"), certificate.pem()).unwrap();
        Self {
            folder,
            certificate,
            issuer: Issuer::new(parameters, key),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn issue(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (parameters.signed_by(&key, &self.issuer).unwrap(), key)
    }

    /// An endpoint with a certificate for `name`, which asks for the client's when `both` show theirs.
    fn endpoint(&self, name: &str, both: bool) -> Endpoint {
        let (certificate, key) = self.issue(name);
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        let builder = if both {
            let mut roots = RootCertStore::empty();
            roots.add(self.certificate.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .unwrap();
            builder.with_client_cert_verifier(verifier)
        } else {
            builder.with_no_client_auth()
        };
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = builder
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        Endpoint::listen(TcpListener::bind("127.0.0.1:0").unwrap(), vec![], Some(config))
    }
}

fn parameters_with(endpoint: &Endpoint, tls: TlsClientSettings) -> WriterParameters {
    let mut parameters = parameters(&endpoint.url);
    parameters.endpoint.tls = tls;
    parameters
}

fn trusting(authority: &Authority) -> TlsClientSettings {
    TlsClientSettings {
        ca_file: Some(authority.path("ca.pem")),
        ..TlsClientSettings::default()
    }
}

async fn arrives(endpoint: &Endpoint, tls: TlsClientSettings) {
    let writer = start(parameters_with(endpoint, tls));
    writer.send(samples(&[(7, "up")], 1)).await.unwrap();
    until(&writer, |writer| writer.sent.samples == 1).await;
    assert_eq!(endpoint.samples(), ["up=1"]);
}

/// Writes to `endpoint`, which must get nothing, and gives the error.
async fn fails(endpoint: &Endpoint, tls: TlsClientSettings) -> String {
    let writer = start(parameters_with(endpoint, tls));
    writer.send(samples(&[(7, "up")], 1)).await.unwrap();
    let description = until(&writer, |writer| writer.retried > 0).await;
    assert!(endpoint.received().is_empty());
    description.last_error.unwrap().message
}

#[actix::test]
async fn an_endpoint_is_trusted_through_the_configured_authority_only() {
    let authority = Authority::new();
    let endpoint = authority.endpoint("127.0.0.1", false);
    let message = fails(&endpoint, trusting(&Authority::new())).await;
    assert!(message.contains("invalid peer certificate"), "{message}");
    arrives(&endpoint, trusting(&authority)).await;
}

#[actix::test]
async fn the_expected_name_can_differ_from_the_urls_host() {
    let authority = Authority::new();
    let endpoint = authority.endpoint("store.example", false);
    let message = fails(&endpoint, trusting(&authority)).await;
    assert!(message.contains("invalid peer certificate"), "{message}");
    let server_name = Some("store.example".to_owned());
    arrives(
        &endpoint,
        TlsClientSettings {
            server_name,
            ..trusting(&authority)
        },
    )
    .await;
}

#[actix::test]
async fn any_certificate_will_do_when_verification_is_skipped() {
    let endpoint = Authority::new().endpoint("store.example", false);
    arrives(
        &endpoint,
        TlsClientSettings {
            insecure_skip_verify: true,
            ..TlsClientSettings::default()
        },
    )
    .await;
}

#[actix::test]
async fn a_client_certificate_is_shown_when_it_is_configured() {
    let authority = Authority::new();
    let endpoint = authority.endpoint("127.0.0.1", true);
    fails(&endpoint, trusting(&authority)).await;
    let (certificate, key) = authority.issue("writer");
    let (cert_file, key_file) = (authority.path("writer.pem"), authority.path("writer.key"));
    fs::write(&cert_file, certificate.pem()).unwrap();
    fs::write(&key_file, key.serialize_pem()).unwrap();
    let (cert_file, key_file) = (Some(cert_file), Some(key_file));
    arrives(
        &endpoint,
        TlsClientSettings {
            cert_file,
            key_file,
            ..trusting(&authority)
        },
    )
    .await;
}

#[actix::test]
async fn material_that_was_read_anew_is_used_by_writers_that_run() {
    let (old, new) = (Authority::new(), Authority::new());
    let endpoint = new.endpoint("127.0.0.1", false);
    let parameters = parameters_with(&endpoint, trusting(&old));
    let (running, renewed) = (parameters.tls_clients.clone(), TlsClients::default());
    let writer = start(parameters);
    writer.send(samples(&[(7, "up")], 1)).await.unwrap();
    until(&writer, |writer| writer.retried > 0).await;
    fs::copy(new.path("ca.pem"), old.path("ca.pem")).unwrap();
    renewed.load(&trusting(&old)).unwrap();
    running.replace(&renewed);
    until(&writer, |writer| writer.sent.samples == 1).await;
}

#[test]
fn unusable_tls_settings_are_refused() {
    let refused = |tls| {
        let mut parameters = parameters("https://store");
        parameters.endpoint.tls = tls;
        let named = WriterBlueprint::new(parameters.clone()).err();
        let read = || parameters.tls_clients.load(&parameters.endpoint.tls).unwrap_err();
        named.map_or_else(|| read().to_string(), |error| error.to_string())
    };
    let authority = Authority::new();
    let missing = refused(TlsClientSettings {
        ca_file: Some("/no/such.pem".into()),
        ..TlsClientSettings::default()
    });
    assert!(missing.starts_with("cannot read /no/such.pem"), "{missing}");
    fs::write(authority.path("empty.pem"), "").unwrap();
    let empty = refused(TlsClientSettings {
        ca_file: Some(authority.path("empty.pem")),
        ..Default::default()
    });
    assert!(empty.contains("no usable certificate"), "{empty}");
    let half = refused(TlsClientSettings {
        cert_file: Some(authority.path("ca.pem")),
        ..trusting(&authority)
    });
    assert_eq!(half, "cert_file and key_file must be set together");
    let name = refused(TlsClientSettings {
        server_name: Some("a b".to_owned()),
        ..trusting(&authority)
    });
    assert_eq!(name, "tls_config: server_name is not a host name");
}
