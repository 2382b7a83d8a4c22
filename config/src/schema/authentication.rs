//! `spangraph.authentication`: who may send, as which tenant, and who may see the pages.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::remote_write::BasicAuth;
use crate::Secret;

/// `spangraph.authentication`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Authentication {
    /// What senders may show: one of the list; with none, nobody is asked. Default `[]`; set it always when receivers
    /// listen to other hosts.
    pub receivers: Vec<SenderCredential>,
    /// What those who look at pages and scrape may show; with none, nobody is asked. `/ready` and `/healthz` stay open.
    /// Default `[]`; set it always when pages listen to other hosts.
    pub pages: Vec<ReaderCredential>,
}

/// One of `spangraph.authentication.receivers`: one of `bearer_token`, `bearer_token_file` and `basic_auth`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SenderCredential {
    /// A bearer token. Default none; one of the ways is needed.
    pub bearer_token: Option<Secret>,
    /// The file with a bearer token, looked at again every 10 seconds. Default none; instead of `bearer_token`.
    #[schemars(extend("format" = "path"))]
    pub bearer_token_file: Option<PathBuf>,
    /// User and password.
    pub basic_auth: Option<BasicAuth>,
    /// Whose spans these are; it needs `multitenancy_enabled`. Default none: `X-Scope-OrgID` is trusted; set it when a
    /// credential is one tenant's.
    pub tenant: Option<String>,
}

/// One of `spangraph.authentication.pages`: one of `bearer_token`, `bearer_token_file` and `basic_auth`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReaderCredential {
    /// A bearer token. Default none; one of the ways is needed.
    pub bearer_token: Option<Secret>,
    /// The file with a bearer token, looked at again every 10 seconds. Default none; instead of `bearer_token`.
    #[schemars(extend("format" = "path"))]
    pub bearer_token_file: Option<PathBuf>,
    /// User and password.
    pub basic_auth: Option<BasicAuth>,
}
