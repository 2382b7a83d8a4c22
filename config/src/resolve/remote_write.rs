//! Remote-write endpoints: what is needed, and what excludes what.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use super::findings::Findings;
use super::{relabel, set};
use crate::document::Path;
use crate::schema::remote_write as schema;
use crate::{
    BasicAuthentication, Credential, QueueSettings, RemoteUrl, RemoteWriteEndpoint, Secret, TlsClientSettings,
};

/// Prometheus' default.
const REMOTE_TIMEOUT: Duration = Duration::from_secs(30);

/// Puts the endpoints of the list at `path` behind those in `endpoints`, with names that differ.
pub fn append(
    written: &[schema::RemoteWrite],
    endpoints: &mut Vec<RemoteWriteEndpoint>,
    path: &Path,
    findings: &mut Findings<'_>,
) {
    let taken: BTreeSet<_> = endpoints.iter().map(|endpoint| endpoint.name.clone()).collect();
    check_names(written, taken.clone(), path, findings);
    for (index, (written, name)) in written.iter().zip(names(written, taken)).enumerate() {
        let endpoint = resolve_one(written, &path.item(index), findings);
        endpoints.push(RemoteWriteEndpoint { name, ..endpoint });
    }
}

/// The names of the endpoints of a list, none of those without a configured one being among `taken`.
pub fn names(written: &[schema::RemoteWrite], mut taken: BTreeSet<String>) -> Vec<String> {
    let configured = written.iter().filter_map(configured_name);
    taken.extend(configured.map(str::to_owned));
    let endpoints = written.iter();
    endpoints
        .map(|endpoint| match (configured_name(endpoint), &endpoint.url) {
            (Some(name), _) => name.to_owned(),
            (None, Some(url)) => free_name(&url.authority(), &mut taken),
            (None, None) => String::new(),
        })
        .collect()
}

fn check_names(
    written: &[schema::RemoteWrite],
    mut taken: BTreeSet<String>,
    path: &Path,
    findings: &mut Findings<'_>,
) {
    for (index, endpoint) in written.iter().enumerate() {
        if let Some(name) = configured_name(endpoint)
            && !taken.insert(name.to_owned())
        {
            let message = format!("another endpoint is named {name:?} too");
            findings.add(&path.item(index).key("name"), message);
        }
    }
}

fn configured_name(written: &schema::RemoteWrite) -> Option<&str> {
    written.name.as_deref().filter(|name| !name.is_empty())
}

/// `name`, or `name-2`, `name-3` and so on when it is taken.
fn free_name(name: &str, taken: &mut BTreeSet<String>) -> String {
    let mut free = name.to_owned();
    let mut number = 2;
    while !taken.insert(free.clone()) {
        free = format!("{name}-{number}");
        number += 1;
    }
    free
}

fn resolve_one(
    written: &schema::RemoteWrite,
    path: &Path,
    findings: &mut Findings<'_>,
) -> RemoteWriteEndpoint {
    if written.url.is_none() {
        findings.add(&path.key("url"), "url is missing");
    }
    check_one_authentication(written, path, findings);
    RemoteWriteEndpoint {
        name: String::new(),
        url: written.url.clone().unwrap_or_else(|| RemoteUrl::new("")),
        remote_timeout: written.remote_timeout.map_or(REMOTE_TIMEOUT, Into::into),
        headers: written
            .headers
            .iter()
            .map(|(name, value)| (name.0.clone(), value.0.clone()))
            .collect(),
        http_headers: http_headers(written, &path.key("http_headers"), findings),
        basic_auth: written
            .basic_auth
            .as_ref()
            .map(|written| basic_auth(written, &path.key("basic_auth"), findings)),
        bearer_token: bearer_token(written, path, findings),
        tls: tls(&written.tls_config, &path.key("tls_config"), findings),
        follow_redirects: written.follow_redirects.unwrap_or(true),
        send_exemplars: written.send_exemplars.unwrap_or(false),
        send_native_histograms: written.send_native_histograms.unwrap_or(true),
        write_relabel_rules: relabel::resolve(
            &written.write_relabel_configs,
            &path.key("write_relabel_configs"),
            findings,
        ),
        queue: queue(&written.queue_config, &path.key("queue_config"), findings),
    }
}

fn check_one_authentication(written: &schema::RemoteWrite, path: &Path, findings: &mut Findings<'_>) {
    let ways = [
        ("basic_auth", written.basic_auth.is_some()),
        ("authorization", written.authorization.is_some()),
        ("bearer_token", written.bearer_token.is_some()),
        ("bearer_token_file", written.bearer_token_file.is_some()),
    ];
    let mut used = ways.iter().filter(|(_, is_used)| *is_used).map(|(key, _)| key);
    let Some(first) = used.next() else { return };
    for second in used {
        findings.add(
            &path.key(second),
            format!("only one way of authentication may be set, and {first} is"),
        );
    }
    if let Some(header) = written
        .headers
        .keys()
        .find(|name| name.0.eq_ignore_ascii_case("authorization"))
    {
        findings.add(
            &path.key("headers").key(&header.0),
            format!("{first} sets this header already"),
        );
    }
}

fn http_headers(
    written: &schema::RemoteWrite,
    path: &Path,
    findings: &mut Findings<'_>,
) -> BTreeMap<String, Vec<Credential>> {
    let mut headers = BTreeMap::new();
    for (name, header) in &written.http_headers {
        if name.0.eq_ignore_ascii_case("authorization") {
            findings.add(&path.key(&name.0), "write it in authorization or basic_auth");
        }
        let values = header.values.iter().map(|value| Secret::new(value.0.clone()));
        let values = values.chain(header.secrets.iter().map(|value| value.0.clone()));
        let files = header.files.iter().cloned().map(Credential::File);
        headers.insert(
            name.0.clone(),
            values.map(Credential::Inline).chain(files).collect(),
        );
    }
    headers
}

fn basic_auth(written: &schema::BasicAuth, path: &Path, findings: &mut Findings<'_>) -> BasicAuthentication {
    if written.username.is_none() {
        findings.add(&path.key("username"), "username is missing");
    }
    if written.password.is_some() && written.password_file.is_some() {
        findings.add(
            &path.key("password_file"),
            "only one of password and password_file may be set",
        );
    }
    BasicAuthentication {
        username: written.username.clone().unwrap_or_default(),
        password: credential(written.password.as_ref(), written.password_file.as_ref())
            .unwrap_or_else(|| Credential::Inline(Secret::new(""))),
    }
}

fn bearer_token(
    written: &schema::RemoteWrite,
    path: &Path,
    findings: &mut Findings<'_>,
) -> Option<Credential> {
    let Some(authorization) = &written.authorization else {
        return credential(written.bearer_token.as_ref(), written.bearer_token_file.as_ref());
    };
    let path = path.key("authorization");
    match (&authorization.credentials, &authorization.credentials_file) {
        (None, None) => findings.add(
            &path.key("credentials"),
            "credentials or credentials_file is missing",
        ),
        (Some(_), Some(_)) => findings.add(
            &path.key("credentials_file"),
            "only one of credentials and credentials_file may be set",
        ),
        _ => {}
    }
    credential(
        authorization.credentials.as_ref(),
        authorization.credentials_file.as_ref(),
    )
}

fn credential(inline: Option<&Secret>, file: Option<&PathBuf>) -> Option<Credential> {
    let inline = inline.cloned().map(Credential::Inline);
    inline.or_else(|| file.cloned().map(Credential::File))
}

fn tls(written: &schema::TlsConfig, path: &Path, findings: &mut Findings<'_>) -> TlsClientSettings {
    match (&written.cert_file, &written.key_file) {
        (Some(_), None) => findings.add(&path.key("key_file"), "cert_file needs key_file"),
        (None, Some(_)) => findings.add(&path.key("cert_file"), "key_file needs cert_file"),
        _ => {}
    }
    TlsClientSettings {
        ca_file: written.ca_file.clone(),
        cert_file: written.cert_file.clone(),
        key_file: written.key_file.clone(),
        server_name: written.server_name.clone().filter(|name| !name.is_empty()),
        insecure_skip_verify: written.insecure_skip_verify.unwrap_or(false),
    }
}

fn queue(written: &schema::QueueConfig, path: &Path, findings: &mut Findings<'_>) -> QueueSettings {
    let mut queue = QueueSettings::default();
    set(&mut queue.capacity, written.capacity);
    set(&mut queue.max_shards, written.max_shards);
    set(&mut queue.max_samples_per_send, written.max_samples_per_send);
    set(&mut queue.min_backoff, written.min_backoff);
    set(&mut queue.max_backoff, written.max_backoff);
    queue.max_retries = written.max_retries;
    set(&mut queue.sample_age_limit, written.sample_age_limit);
    if queue.max_backoff < queue.min_backoff {
        findings.add(&path.key("max_backoff"), "must not be below min_backoff");
    }
    queue
}
