//! Prints a configuration in the layout that files are written in.
//!
//! `full.yaml` is the table of defaults: tests hold it to the schema and to the settings. What was written is laid
//! over it, so a key of the schema cannot be missing from a print. Secrets have types that print none.

mod defaults;
mod dollars;
mod endpoints;
mod file;
mod tenants;
mod tree;
mod yaml;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Config, TenantId};

/// Which keys are printed, and with which values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PrintMode {
    /// Every key, with the value in force.
    #[default]
    Effective,
    /// The keys whose value in force differs from the default, and the processors, which a file must name.
    Diff,
    /// Every key, with its default.
    Defaults,
}

/// A printed configuration: shown as YAML, serialized as a tree of the same keys. It holds no secret.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Printout(Value);

impl Config {
    /// The file's blocks. Without secrets in it, the print of `Effective` or `Diff`, read as a file, gives the same
    /// settings on this host.
    #[must_use]
    pub fn print(&self, mode: PrintMode) -> Printout {
        self.printout(match mode {
            PrintMode::Effective => file::effective(self),
            PrintMode::Diff => file::diff(self),
            PrintMode::Defaults => file::effective(&Self::default()),
        })
    }

    /// The entries of the override file; `*` stands for every tenant that it does not name. What is a default here
    /// is what the main file gives to all tenants.
    #[must_use]
    pub fn print_tenants(&self, mode: PrintMode) -> Printout {
        self.printout(tenants::all(self, mode))
    }

    /// The entry of one tenant, without its id.
    #[must_use]
    pub fn print_tenant(&self, id: &TenantId, mode: PrintMode) -> Printout {
        self.printout(tenants::one(self, id, mode))
    }

    fn printout(&self, mut tree: Value) -> Printout {
        dollars::double(&mut tree, self.environment());
        Printout(tree)
    }
}

impl Printout {
    /// Whether no key is printed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.as_object().is_none_or(serde_json::Map::is_empty)
    }
}

impl fmt::Display for Printout {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        yaml::write(&self.0, formatter)
    }
}
