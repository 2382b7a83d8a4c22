//! The settings of the tenants that the override file names, each over the defaults.

use std::collections::BTreeMap;

use super::findings::Findings;
use super::tenant;
use crate::document::Path;
use crate::schema::override_file::{OverrideFile, TenantName};
use crate::{TenantId, TenantSettings};

/// The settings of tenants that differ from the defaults.
#[derive(Clone, Debug, Default)]
pub struct Overridden {
    /// Those of the tenants with an entry of their own.
    pub named: BTreeMap<TenantId, TenantSettings>,
    /// Those of every other tenant; `None` when they have the defaults.
    pub others: Option<TenantSettings>,
}

impl Overridden {
    /// Those of the entry with `name`.
    pub fn of(&self, name: &TenantName) -> Option<&TenantSettings> {
        match name {
            TenantName::Others => self.others.as_ref(),
            TenantName::Named(id) => self.named.get(id),
        }
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &TenantSettings> {
        self.others.iter().chain(self.named.values())
    }
}

/// Puts each entry of `file` over `defaults`; an entry inherits nothing from the entry `*`.
pub fn resolve(file: &OverrideFile, defaults: &TenantSettings, findings: &mut Findings<'_>) -> Overridden {
    let mut overridden = Overridden::default();
    for (name, written) in &file.overrides {
        let path = Path::of_keys("overrides").key(name.as_str());
        let mut settings = defaults.clone();
        tenant::override_with(written, &path, &mut settings, findings);
        match name {
            TenantName::Others => overridden.others = Some(settings),
            TenantName::Named(id) => drop(overridden.named.insert(id.clone(), settings)),
        }
    }
    overridden
}
