//! How `https` endpoints are trusted, and how we show who we are.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ClientConfig, WantsClientCert};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ConfigBuilder, DigitallySignedStruct, RootCertStore, SignatureScheme};
use spangraph_config::TlsClientSettings;

/// Why the settings give no usable client.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or is no PEM.
    #[error("cannot read {path}: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: pem::Error,
    },
    /// A file has no certificate that can be used.
    #[error("{0} has no usable certificate")]
    NoCertificate(PathBuf),
    /// The system has no certificate authorities.
    #[error("the system has no certificate authorities, set ca_file")]
    NoSystemAuthorities,
    /// One of certificate and key is set without the other.
    #[error("cert_file and key_file must be set together")]
    HalfAnIdentity,
    /// Certificate and key are of no use together.
    #[error("invalid client certificate or key: {0}")]
    Identity(#[from] rustls::Error),
    /// The files were not read because the process is stopping.
    #[error("reading certificates was given up because the process stops")]
    Cancelled,
}

/// A client's configuration after `settings`; the files are read once, now.
///
/// # Errors
/// When a file is missing or unusable, or there is nothing to trust.
pub fn client_config(settings: &TlsClientSettings) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let builder = if settings.insecure_skip_verify {
        builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(TrustAnything(provider)))
    } else {
        builder.with_root_certificates(authorities(settings.ca_file.as_deref())?)
    };
    with_identity(builder, settings)
}

fn with_identity(
    builder: ConfigBuilder<ClientConfig, WantsClientCert>,
    settings: &TlsClientSettings,
) -> Result<ClientConfig, TlsError> {
    let (certificate, key) = match (&settings.cert_file, &settings.key_file) {
        (None, None) => return Ok(builder.with_no_client_auth()),
        (Some(certificate), Some(key)) => (certificate, key),
        _ => return Err(TlsError::HalfAnIdentity),
    };
    let chain = certificates(certificate)?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|reason| unreadable(key, reason))?;
    Ok(builder.with_client_auth_cert(chain, key)?)
}

fn authorities(file: Option<&Path>) -> Result<RootCertStore, TlsError> {
    let mut store = RootCertStore::empty();
    match file {
        Some(file) => store.add_parsable_certificates(certificates(file)?),
        None => store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs),
    };
    match (store.is_empty(), file) {
        (false, _) => Ok(store),
        (true, Some(file)) => Err(TlsError::NoCertificate(file.to_owned())),
        (true, None) => Err(TlsError::NoSystemAuthorities),
    }
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
    let certificates: Vec<_> = read.map_err(|reason| unreadable(file, reason))?;
    if certificates.is_empty() {
        return Err(TlsError::NoCertificate(file.to_owned()));
    }
    Ok(certificates)
}

fn unreadable(path: &Path, reason: pem::Error) -> TlsError {
    TlsError::Unreadable {
        path: path.to_owned(),
        reason,
    }
}

/// The verifier of `insecure_skip_verify`: any certificate will do, but its owner must hold the key.
#[derive(Debug)]
struct TrustAnything(Arc<CryptoProvider>);

impl ServerCertVerifier for TrustAnything {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
