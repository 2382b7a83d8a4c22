//! Credentials of the way in: exactly one kind each, and tenants only where there are tenants.

use std::path::PathBuf;

use super::findings::Findings;
use crate::document::Path;
use crate::schema::File;
use crate::schema::authentication::{ReaderCredential, SenderCredential};
use crate::schema::remote_write::BasicAuth;
use crate::{AcceptedCredential, AuthenticationSettings, Credential, Secret, TenantId};

/// One entry, whichever list it stands in.
struct Written<'a> {
    bearer_token: Option<&'a Secret>,
    bearer_token_file: Option<&'a PathBuf>,
    basic_auth: Option<&'a BasicAuth>,
    tenant: Option<&'a str>,
}

/// Who may send, and who may see the pages.
pub fn resolve(file: &File) -> AuthenticationSettings {
    let written = &file.spangraph.authentication;
    AuthenticationSettings {
        receivers: written
            .receivers
            .iter()
            .map(|entry| accepted(&entry.into()))
            .collect(),
        pages: written
            .pages
            .iter()
            .map(|entry| accepted(&entry.into()))
            .collect(),
    }
}

/// Finds entries that let nobody in, or anybody.
pub fn check(file: &File, findings: &mut Findings<'_>) {
    let written = &file.spangraph.authentication;
    let path = Path::of_keys("spangraph.authentication");
    for (index, entry) in written.receivers.iter().enumerate() {
        let path = path.key("receivers").item(index);
        check_entry(&entry.into(), &path, findings);
        check_tenant(entry, file, &path.key("tenant"), findings);
    }
    for (index, entry) in written.pages.iter().enumerate() {
        check_entry(&entry.into(), &path.key("pages").item(index), findings);
    }
    check_tokens_differ(&written.receivers, &path.key("receivers"), findings);
}

fn accepted(written: &Written<'_>) -> AcceptedCredential {
    let (inline, file) = match written.basic_auth {
        Some(basic) => (basic.password.as_ref(), basic.password_file.as_ref()),
        None => (written.bearer_token, written.bearer_token_file),
    };
    let secret = file.cloned().map(Credential::File);
    AcceptedCredential {
        username: written
            .basic_auth
            .map(|basic| basic.username.clone().unwrap_or_default()),
        secret: secret
            .unwrap_or_else(|| Credential::Inline(inline.cloned().unwrap_or_else(|| Secret::new("")))),
        tenant: written.tenant.and_then(|tenant| TenantId::parse(tenant).ok()),
    }
}

fn check_entry(written: &Written<'_>, path: &Path, findings: &mut Findings<'_>) {
    let ways = [
        ("bearer_token", written.bearer_token.is_some()),
        ("bearer_token_file", written.bearer_token_file.is_some()),
        ("basic_auth", written.basic_auth.is_some()),
    ];
    let mut used = ways.iter().filter(|(_, is_used)| *is_used).map(|(key, _)| key);
    let Some(first) = used.next() else {
        findings.add(path, "bearer_token, bearer_token_file or basic_auth is missing");
        return;
    };
    for second in used {
        findings.add(
            &path.key(second),
            format!("only one kind of credential may be set, and {first} is"),
        );
    }
    if written.bearer_token.is_some_and(is_empty) {
        findings.add(&path.key("bearer_token"), "must not be empty");
    }
    if let Some(basic) = written.basic_auth {
        check_basic(basic, &path.key("basic_auth"), findings);
    }
}

fn check_basic(written: &BasicAuth, path: &Path, findings: &mut Findings<'_>) {
    match written.username.as_deref() {
        None | Some("") => findings.add(&path.key("username"), "username is missing"),
        Some(name) if name.contains(':') => {
            findings.add(&path.key("username"), "must not contain a colon");
        }
        Some(_) => {}
    }
    match (&written.password, &written.password_file) {
        (None, None) => findings.add(&path.key("password"), "password or password_file is missing"),
        (Some(_), Some(_)) => findings.add(
            &path.key("password_file"),
            "only one of password and password_file may be set",
        ),
        (Some(password), None) if is_empty(password) => {
            findings.add(&path.key("password"), "must not be empty");
        }
        _ => {}
    }
}

fn check_tenant(entry: &SenderCredential, file: &File, path: &Path, findings: &mut Findings<'_>) {
    let Some(tenant) = &entry.tenant else { return };
    if let Err(reason) = TenantId::parse(tenant) {
        findings.add(path, reason.to_string());
    } else if file.multitenancy_enabled != Some(true) {
        findings.add(
            path,
            "needs multitenancy_enabled: true, without it there is only one tenant",
        );
    }
}

/// The same token for two tenants would be the first one's in silence.
fn check_tokens_differ(entries: &[SenderCredential], path: &Path, findings: &mut Findings<'_>) {
    for (index, entry) in entries.iter().enumerate() {
        let is_repeated = |earlier: &SenderCredential| {
            earlier.bearer_token.is_some() && earlier.bearer_token == entry.bearer_token
        };
        if entries.iter().take(index).any(is_repeated) {
            findings.add(
                &path.item(index).key("bearer_token"),
                "another entry has the same token",
            );
        }
    }
}

fn is_empty(secret: &Secret) -> bool {
    secret.expose().is_empty()
}

impl<'a> From<&'a SenderCredential> for Written<'a> {
    fn from(entry: &'a SenderCredential) -> Self {
        Self {
            bearer_token: entry.bearer_token.as_ref(),
            bearer_token_file: entry.bearer_token_file.as_ref(),
            basic_auth: entry.basic_auth.as_ref(),
            tenant: entry.tenant.as_deref(),
        }
    }
}

impl<'a> From<&'a ReaderCredential> for Written<'a> {
    fn from(entry: &'a ReaderCredential) -> Self {
        Self {
            bearer_token: entry.bearer_token.as_ref(),
            bearer_token_file: entry.bearer_token_file.as_ref(),
            basic_auth: entry.basic_auth.as_ref(),
            tenant: None,
        }
    }
}
