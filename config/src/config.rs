//! A configuration: read from a file's text, checked as a whole, resolved into effective settings.

use crate::document::Document;
use crate::foreign_keys;
use crate::mistake::Mistakes;
use crate::resolve::findings::Findings;
use crate::resolve::{notices, server, tenant};
use crate::schema::File;
use crate::schema::overrides::ProcessorName;
use crate::{ServerSettings, TenantId, TenantSettings};

/// A configuration that was checked as a whole.
#[derive(Clone, Debug)]
pub struct Config {
    server: ServerSettings,
    defaults: TenantSettings,
    notices: Vec<String>,
}

impl Config {
    /// Reads a file in Tempo's layout.
    ///
    /// # Errors
    /// Everything that is wrong with the file: unknown keys, values of wrong types or out of bounds, and what
    /// does not fit together. Text that is not YAML is one mistake.
    pub fn from_yaml(text: &str) -> Result<Self, Mistakes> {
        let mut document = Document::parse(text)?;
        let mut mistakes = Vec::new();
        let foreign = foreign_keys::take_out(&mut document, &mut mistakes);
        let file: File = document.read(&mut mistakes);
        let mut findings = Findings::new(&document, &mistakes);
        let config = Self {
            server: server::resolve(&file),
            defaults: tenant::resolve(&file, &mut findings),
            notices: notices::of(&file, foreign),
        };
        let found = findings.into_found();
        mistakes.extend(found);
        Mistakes::from_found(mistakes).map_or(Ok(config), Err)
    }

    /// What the user should know about a file that is right, such as keys without effect; one sentence each.
    #[must_use]
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// The settings of the process.
    #[must_use]
    pub fn server(&self) -> ServerSettings {
        self.server.clone()
    }

    /// The settings of a tenant. For now every tenant has the same: `overrides.defaults` over `metrics_generator`.
    #[must_use]
    pub fn tenant(&self, _id: &TenantId) -> TenantSettings {
        self.defaults.clone()
    }
}

/// The configuration when no file is given: every default, and service graphs on.
impl Default for Config {
    fn default() -> Self {
        let mut file = File::default();
        file.overrides.defaults.metrics_generator.processors = Some(vec![ProcessorName::ServiceGraphs]);
        let document = Document::default();
        let defaults = tenant::resolve(&file, &mut Findings::new(&document, &[]));
        Self {
            server: server::resolve(&file),
            defaults,
            notices: Vec::new(),
        }
    }
}
