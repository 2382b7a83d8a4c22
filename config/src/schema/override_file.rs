//! The file that `overrides.per_tenant_override_config` names: what single tenants have instead of the defaults.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::overrides::Tenant;
use crate::{InvalidTenantId, TenantId};

/// The file as a whole.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct OverrideFile {
    /// The entries by tenant.
    pub overrides: BTreeMap<TenantName, Tenant>,
}

/// Whom an entry is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum TenantName {
    /// `*`: every tenant that has no entry of its own.
    Others,
    /// This tenant.
    Named(TenantId),
}

impl TenantName {
    /// The name as it is written.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Others => "*",
            Self::Named(id) => id.as_str(),
        }
    }
}

impl From<TenantName> for String {
    fn from(name: TenantName) -> Self {
        name.as_str().to_owned()
    }
}

impl TryFrom<String> for TenantName {
    type Error = InvalidTenantId;

    fn try_from(text: String) -> Result<Self, InvalidTenantId> {
        match text.as_str() {
            "*" => Ok(Self::Others),
            _ => TenantId::parse(&text).map(Self::Named),
        }
    }
}
