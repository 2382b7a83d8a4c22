//! A certificate authority of the tests, and clients that trust it.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix_web::rt::{System, SystemRunner};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};

/// Long enough for a slow machine, short enough to see that nobody answers.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who gives out certificates.
pub struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate with its key, both PEM.
#[derive(Clone)]
pub struct Identity {
    pub certificate: String,
    pub key: String,
}

impl Authority {
    /// A new authority, which nobody trusts yet.
    pub fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new(vec![]).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = parameters.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(parameters, key);
        Self { pem, issuer }
    }

    /// A certificate for loopback.
    pub fn issue(&self) -> Identity {
        let key = KeyPair::generate().unwrap();
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let parameters = CertificateParams::new(names).unwrap();
        Identity {
            certificate: parameters.signed_by(&key, &self.issuer).unwrap().pem(),
            key: key.serialize_pem(),
        }
    }

    /// Puts a new certificate, its key and the authority into `folder`; gives the keys of a `tls` block for them.
    pub fn equip(&self, folder: &Path) -> Value {
        self.renew(folder);
        fs::write(folder.join("ca.pem"), &self.pem).unwrap();
        json!({ "cert_file": folder.join("cert.pem"), "key_file": folder.join("key.pem") })
    }

    /// Replaces the certificate in `folder`, and then its key, as renewing tools do.
    pub fn renew(&self, folder: &Path) {
        let identity = self.issue();
        fs::write(folder.join("cert.pem"), identity.certificate).unwrap();
        fs::write(folder.join("key.pem"), identity.key).unwrap();
    }

    /// A channel to the gRPC receiver at `port` of one who trusts this authority and shows `identity`.
    pub fn channel(&self, port: u16, identity: Option<&Identity>) -> Endpoint {
        let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(&self.pem));
        if let Some(Identity { certificate, key }) = identity {
            tls = tls.identity(tonic::transport::Identity::from_pem(certificate, key));
        }
        let endpoint = Channel::from_shared(format!("https://localhost:{port}")).unwrap();
        endpoint.timeout(PATIENCE).tls_config(tls).unwrap()
    }

    /// An HTTP client of one who trusts this authority and shows `identity`.
    pub fn https(&self, identity: Option<&Identity>) -> HttpsClient {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_slice(self.pem.as_bytes()).unwrap())
            .unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let config = match identity {
            None => builder.with_no_client_auth(),
            Some(Identity { certificate, key }) => {
                let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
                builder.with_client_auth_cert(chain, key).unwrap()
            }
        };
        HttpsClient::new(config)
    }
}

/// An HTTP client over TLS with a pool of connections.
pub struct HttpsClient {
    system: SystemRunner,
    config: Arc<ClientConfig>,
    client: awc::Client,
}

/// What it was answered.
pub struct HttpsAnswer {
    pub status: u16,
    pub text: String,
}

impl HttpsClient {
    fn new(config: ClientConfig) -> Self {
        let (system, config) = (System::new(), Arc::new(config));
        let client = system.block_on(async { connect(&config) });
        Self {
            system,
            config,
            client,
        }
    }

    /// Makes new connections from now on.
    pub fn forget_connections(&mut self) {
        self.client = self.system.block_on(async { connect(&self.config) });
    }

    /// Gets `url`.
    pub fn get(&self, url: &str) -> Result<HttpsAnswer, String> {
        self.system.block_on(async {
            let mut answer = self
                .client
                .get(url)
                .send()
                .await
                .map_err(|error| error.to_string())?;
            let body = answer.body().await.map_err(|error| error.to_string())?;
            Ok(HttpsAnswer {
                status: answer.status().as_u16(),
                text: String::from_utf8_lossy(&body).into_owned(),
            })
        })
    }

    /// Posts protobuf to `url`; gives the status.
    pub fn post(&self, url: &str, body: Vec<u8>) -> Result<u16, String> {
        self.system.block_on(async {
            let request = self.client.post(url).content_type(super::otlp::PROTOBUF);
            let mut answer = request.send_body(body).await.map_err(|error| error.to_string())?;
            answer.body().await.map_err(|error| error.to_string())?;
            Ok(answer.status().as_u16())
        })
    }
}

fn connect(config: &Arc<ClientConfig>) -> awc::Client {
    let connector = awc::Connector::new().rustls_0_23(Arc::clone(config));
    awc::Client::builder()
        .connector(connector)
        .timeout(PATIENCE)
        .finish()
}
