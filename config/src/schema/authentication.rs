//! `spangraph.authentication`: who may send, as which tenant, and who may see the pages.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::remote_write::BasicAuth;
use crate::Secret;

/// `spangraph.authentication`.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Authentication {
    /// What senders may show, one of the list. Default `[]`: nobody is asked.
    pub receivers: Vec<SenderCredential>,
    /// What those who look at pages may show, one of the list. Default `[]`: nobody is asked.
    pub pages: Vec<ReaderCredential>,
}

/// One of `spangraph.authentication.receivers`: one of `bearer_token`, `bearer_token_file` and `basic_auth`.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SenderCredential {
    /// A bearer token.
    pub bearer_token: Option<Secret>,
    /// The file with a bearer token, looked at again every 10 seconds.
    pub bearer_token_file: Option<PathBuf>,
    /// User and password.
    pub basic_auth: Option<BasicAuth>,
    /// Whose spans these are; needs `multitenancy_enabled`. Default none: `X-Scope-OrgID` is trusted.
    pub tenant: Option<String>,
}

/// One of `spangraph.authentication.pages`: one of `bearer_token`, `bearer_token_file` and `basic_auth`.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReaderCredential {
    /// A bearer token.
    pub bearer_token: Option<Secret>,
    /// The file with a bearer token, looked at again every 10 seconds.
    pub bearer_token_file: Option<PathBuf>,
    /// User and password.
    pub basic_auth: Option<BasicAuth>,
}
