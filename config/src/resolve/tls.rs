//! TLS of the listeners: which keys need which.

use std::path::PathBuf;
use std::time::Duration;

use super::findings::Findings;
use crate::document::Path;
use crate::schema::File;
use crate::schema::tls::{ClientAuthType, PagesTls, ReceiverTls, TlsVersion};
use crate::schema::values::UnlessEmpty;
use crate::{TlsClients, TlsServerSettings};

/// How often files are looked at again, where nothing else is written.
const RELOAD_INTERVAL: Duration = Duration::from_secs(10);

/// Looking more often costs more than it gives.
const LEAST_INTERVAL: Duration = Duration::from_millis(100);

/// The TLS of a receiver; `None` when it is off.
pub fn of_receiver(written: &ReceiverTls) -> Option<TlsServerSettings> {
    let authorities = value(written.client_ca_file.as_ref());
    let max_version = value(written.max_version.as_ref());
    Some(TlsServerSettings {
        cert_file: value(written.cert_file.as_ref())?,
        key_file: value(written.key_file.as_ref())?,
        clients: authorities.map_or(TlsClients::Anyone, TlsClients::Verified),
        tls12: value(written.min_version.as_ref()) != Some(TlsVersion::Tls13),
        tls13: max_version != Some(TlsVersion::Tls12),
        reload_interval: Some(reload_interval(written)).filter(|interval| !interval.is_zero()),
    })
}

/// The TLS of the pages; `None` when it is off.
pub fn of_pages(written: &PagesTls, min_version: Option<TlsVersion>) -> Option<TlsServerSettings> {
    let authorities = value(written.client_ca_file.as_ref());
    let clients = match (value(written.client_auth_type.as_ref()), authorities) {
        (Some(ClientAuthType::RequireAndVerifyClientCert), Some(file)) => TlsClients::Verified(file),
        (Some(ClientAuthType::VerifyClientCertIfGiven), Some(file)) => TlsClients::VerifiedIfGiven(file),
        _ => TlsClients::Anyone,
    };
    Some(TlsServerSettings {
        cert_file: value(written.cert_file.as_ref())?,
        key_file: value(written.key_file.as_ref())?,
        clients,
        tls12: min_version != Some(TlsVersion::Tls13),
        tls13: true,
        reload_interval: Some(RELOAD_INTERVAL),
    })
}

/// Finds keys that do not fit together.
pub fn check(file: &File, findings: &mut Findings<'_>) {
    let protocols = &file.distributor.receivers.otlp.protocols;
    let path = Path::of_keys("distributor.receivers.otlp.protocols");
    if let Some(grpc) = &protocols.grpc {
        check_receiver(&grpc.tls, &path.key("grpc").key("tls"), findings);
    }
    if let Some(http) = &protocols.http {
        check_receiver(&http.tls, &path.key("http").key("tls"), findings);
    }
    check_pages(&file.server.http_tls_config, findings);
}

fn check_receiver(written: &ReceiverTls, path: &Path, findings: &mut Findings<'_>) {
    let others = [
        ("client_ca_file", is_written(&written.client_ca_file)),
        ("min_version", is_written(&written.min_version)),
        ("max_version", is_written(&written.max_version)),
        ("reload_interval", written.reload_interval.is_some()),
    ];
    check_pair(&written.cert_file, &written.key_file, &others, path, findings);
    let interval = reload_interval(written);
    if !interval.is_zero() && interval < LEAST_INTERVAL {
        findings.add(&path.key("reload_interval"), "must be 0s, or at least 100ms");
    }
    let versions = (
        value(written.min_version.as_ref()),
        value(written.max_version.as_ref()),
    );
    if versions == (Some(TlsVersion::Tls13), Some(TlsVersion::Tls12)) {
        findings.add(&path.key("max_version"), "must not be below min_version");
    }
}

fn reload_interval(written: &ReceiverTls) -> Duration {
    written.reload_interval.map_or(RELOAD_INTERVAL, Into::into)
}

fn check_pages(written: &PagesTls, findings: &mut Findings<'_>) {
    let path = Path::of_keys("server.http_tls_config");
    let policy =
        value(written.client_auth_type.as_ref()).filter(|policy| *policy != ClientAuthType::NoClientCert);
    let others = [
        ("client_ca_file", is_written(&written.client_ca_file)),
        ("client_auth_type", policy.is_some()),
    ];
    check_pair(&written.cert_file, &written.key_file, &others, &path, findings);
    match (policy, is_written(&written.client_ca_file)) {
        (Some(_), false) => findings.add(
            &path.key("client_auth_type"),
            "client_auth_type needs client_ca_file",
        ),
        (None, true) => findings.add(
            &path.key("client_ca_file"),
            "client_ca_file needs client_auth_type, such as RequireAndVerifyClientCert",
        ),
        _ => {}
    }
}

/// Certificate and key belong together, and without them no other key has an effect.
fn check_pair(
    cert_file: &Option<UnlessEmpty<PathBuf>>,
    key_file: &Option<UnlessEmpty<PathBuf>>,
    others: &[(&str, bool)],
    path: &Path,
    findings: &mut Findings<'_>,
) {
    match (is_written(cert_file), is_written(key_file)) {
        (true, false) => findings.add(&path.key("key_file"), "cert_file needs key_file"),
        (false, true) => findings.add(&path.key("cert_file"), "key_file needs cert_file"),
        (true, true) => {}
        (false, false) => {
            for (key, _) in others.iter().filter(|(_, is_written)| *is_written) {
                findings.add(&path.key(key), format!("{key} needs cert_file and key_file"));
            }
        }
    }
}

fn is_written<T>(written: &Option<UnlessEmpty<T>>) -> bool {
    written.as_ref().is_some_and(|written| written.0.is_some())
}

fn value<T: Clone>(written: Option<&UnlessEmpty<T>>) -> Option<T> {
    written.and_then(|written| written.0.clone())
}
