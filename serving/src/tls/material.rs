//! What a TLS listener is made of: certificates, key and authorities, as they stand in their files.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fmt, fs, io};

use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use spangraph_config::{TlsClients, TlsServerSettings};

use crate::listener::Listener;

/// The content of the files at one time.
#[derive(Clone, PartialEq, Eq)]
pub struct Material {
    certificates: Vec<u8>,
    key: Vec<u8>,
    authorities: Option<Vec<u8>>,
}

/// Why files give no usable listener.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {path}: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: io::Error,
    },
    /// A file is no PEM of what it should hold.
    #[error("{path} has no usable {what}: {reason}")]
    Pem {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
        /// Why it does not.
        reason: pem::Error,
    },
    /// A file has no certificate that can be used.
    #[error("{0} has no usable certificate")]
    NoCertificate(PathBuf),
    /// The authorities cannot be used.
    #[error("invalid authorities of clients: {0}")]
    Authorities(#[from] VerifierBuilderError),
    /// Certificate and key are of no use together.
    #[error("invalid certificate or key: {0}")]
    Identity(#[from] rustls::Error),
}

impl Material {
    /// Reads the files of `settings`.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn read(settings: &TlsServerSettings) -> Result<Self, TlsError> {
        Ok(Self {
            certificates: read(&settings.cert_file)?,
            key: read(&settings.key_file)?,
            authorities: authorities_file(&settings.clients).map(read).transpose()?,
        })
    }

    /// What the connections of `listener` are made under.
    ///
    /// # Errors
    /// When the files do not hold what they should, or key and certificate do not belong together.
    pub fn server_config(
        &self,
        settings: &TlsServerSettings,
        listener: Listener,
    ) -> Result<ServerConfig, TlsError> {
        let chain = certificates(&self.certificates, &settings.cert_file)?;
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|reason| TlsError::Pem {
            path: settings.key_file.clone(),
            what: "key",
            reason,
        })?;
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&versions(settings))?;
        let builder = match self.verifier(&settings.clients)? {
            Some(verifier) => builder.with_client_cert_verifier(verifier),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder.with_single_cert(chain, key)?;
        config.alpn_protocols = vec![protocol(listener).to_vec()];
        Ok(config)
    }

    fn verifier(&self, clients: &TlsClients) -> Result<Option<Arc<dyn ClientCertVerifier>>, TlsError> {
        let (Some(path), Some(pem)) = (authorities_file(clients), &self.authorities) else {
            return Ok(None);
        };
        let mut roots = RootCertStore::empty();
        for certificate in certificates(pem, path)? {
            roots.add(certificate)?;
        }
        let provider = Arc::new(ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        Ok(Some(match clients {
            TlsClients::VerifiedIfGiven(_) => verifier.allow_unauthenticated().build()?,
            TlsClients::Anyone | TlsClients::Verified(_) => verifier.build()?,
        }))
    }
}

impl fmt::Debug for Material {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The key must not be seen.
        formatter.debug_struct("Material").finish_non_exhaustive()
    }
}

fn authorities_file(clients: &TlsClients) -> Option<&PathBuf> {
    match clients {
        TlsClients::Anyone => None,
        TlsClients::VerifiedIfGiven(file) | TlsClients::Verified(file) => Some(file),
    }
}

fn read(path: &PathBuf) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|reason| TlsError::Unreadable {
        path: path.clone(),
        reason,
    })
}

fn certificates(pem: &[u8], path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let certificates = certificates.map_err(|reason| TlsError::Pem {
        path: path.to_owned(),
        what: "certificate",
        reason,
    })?;
    if certificates.is_empty() {
        return Err(TlsError::NoCertificate(path.to_owned()));
    }
    Ok(certificates)
}

fn versions(settings: &TlsServerSettings) -> Vec<&'static SupportedProtocolVersion> {
    let spoken = [(settings.tls13, &TLS13), (settings.tls12, &TLS12)];
    spoken
        .into_iter()
        .filter(|(is_spoken, _)| *is_spoken)
        .map(|(_, version)| version)
        .collect()
}

fn protocol(listener: Listener) -> &'static [u8] {
    match listener {
        Listener::Grpc => b"h2",
        Listener::Http | Listener::Pages => b"http/1.1",
    }
}
