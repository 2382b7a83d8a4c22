//! A configuration: read from a file's text, checked as a whole, resolved into effective settings.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::document::{Document, Path as DocumentPath};
use crate::environment::Environment;
use crate::foreign_keys;
use crate::legacy_overrides::{self, Scope};
use crate::mistake::Mistakes;
use crate::resolve::findings::Findings;
use crate::resolve::override_file::{self, Overridden};
use crate::resolve::{authentication, durability, notices, server, tenant, tls};
use crate::schema::File;
use crate::schema::override_file::OverrideFile;
use crate::schema::overrides::ProcessorName;
use crate::suggestion;
use crate::{ServerSettings, TenantId, TenantSettings};

const NOTHING_WRITTEN: &str =
    "nothing is written here; write `overrides: {}` when no tenant has settings of its own";

/// As in Tempo.
const OVERRIDE_PERIOD: Duration = Duration::from_secs(10);

/// A configuration that was checked as a whole.
#[derive(Clone, Debug)]
pub struct Config {
    server: ServerSettings,
    pages_hosts: Vec<String>,
    defaults: TenantSettings,
    override_file: Option<PathBuf>,
    overridden: Overridden,
    file: Arc<File>,
    entries: Arc<OverrideFile>,
    notices: Vec<String>,
    environment: Environment,
}

impl Config {
    /// Reads a file in Tempo's layout, in which `$` means nothing.
    ///
    /// # Errors
    /// As [`from_yaml_in`](Self::from_yaml_in).
    pub fn from_yaml(text: &str) -> Result<Self, Mistakes> {
        Self::from_yaml_in(text, Environment::ignored())
    }

    /// Reads a file in Tempo's layout, and puts the variables of `environment` into its values; so does
    /// [`with_overrides`](Self::with_overrides).
    ///
    /// # Errors
    /// Everything that is wrong with the file: unknown keys, values of wrong types or out of bounds, and what
    /// does not fit together, and variables that are not set. Text that is not YAML is one mistake.
    pub fn from_yaml_in(text: &str, environment: Environment) -> Result<Self, Mistakes> {
        let mut document = Document::parse(text)?;
        let mut mistakes = Vec::new();
        let moved = legacy_overrides::nest(&mut document, Scope::MainFile, &mut mistakes);
        let foreign = foreign_keys::take_out(&mut document, &mut mistakes);
        document.expand(&environment, &mut mistakes);
        let file: File = document.read(&mut mistakes, suggestion::unknown_key);
        let mut findings = Findings::new(&document, &mistakes);
        let defaults = tenant::resolve(&file, &mut findings);
        tls::check(&file, &mut findings);
        authentication::check(&file, &mut findings);
        durability::check(&file, &mut findings);
        let config = Self {
            notices: legacy_overrides::notice(&moved, Scope::MainFile)
                .into_iter()
                .chain(notices::of(&file, foreign, &defaults))
                .collect(),
            environment,
            ..Self::of(file, defaults)
        };
        let found = findings.into_found();
        mistakes.extend(found);
        Mistakes::from_found(mistakes).map_or(Ok(config), Err)
    }

    /// The variables that the files may name; a file that is read again takes the same.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The file of `overrides.per_tenant_override_config`; [`with_overrides`](Self::with_overrides) takes its text.
    #[must_use]
    pub fn override_file(&self) -> Option<&Path> {
        self.override_file.as_deref()
    }

    /// The same configuration with its override file at `found`, which is what
    /// [`override_file`](Self::override_file) then says.
    #[must_use]
    pub fn with_override_file_at(mut self, found: PathBuf) -> Self {
        self.override_file = Some(found);
        self
    }

    /// How many tenants have an entry in that file; the entry `*` is one.
    #[must_use]
    pub fn override_entries(&self) -> usize {
        self.entries.overrides.len()
    }

    /// How often that file is read again; `None` is never.
    #[must_use]
    pub fn override_period(&self) -> Option<Duration> {
        let written = self.file.overrides.per_tenant_override_period;
        let period = written.map_or(OVERRIDE_PERIOD, Into::into);
        Some(period).filter(|period| !period.is_zero())
    }

    /// Whether `POST /-/reload` loads the configuration again.
    #[must_use]
    pub fn reload_endpoint_enabled(&self) -> bool {
        self.file.spangraph.reload_endpoint.enabled.unwrap_or(false)
    }

    /// Names by which pages may be asked for, besides those that are the server's own.
    #[must_use]
    pub fn pages_hosts(&self) -> &[String] {
        &self.pages_hosts
    }

    /// Puts the entries of an override file over the defaults: `overrides: {TENANT: {metrics_generator: …}}`,
    /// with `*` for every tenant that has no entry of its own.
    ///
    /// # Errors
    /// Everything that is wrong with that file, as in [`from_yaml`](Self::from_yaml), and ids that are no
    /// tenant's.
    pub fn with_overrides(mut self, text: &str) -> Result<Self, Mistakes> {
        let mut document = Document::parse(text)?;
        let mut mistakes = Vec::new();
        if document.is_empty() {
            // What a file is for a moment while it is written must not take every tenant's settings away.
            mistakes.push(document.mistake(&DocumentPath::default(), NOTHING_WRITTEN));
        }
        let moved = legacy_overrides::nest(&mut document, Scope::OverrideFile, &mut mistakes);
        let foreign = foreign_keys::take_out_of_tenants(&mut document, &mut mistakes);
        document.expand(&self.environment, &mut mistakes);
        let file: OverrideFile = document.read(&mut mistakes, suggestion::unknown_key);
        let mut findings = Findings::new(&document, &mistakes);
        self.overridden = override_file::resolve(&file, &self.defaults, &mut findings);
        let notices = notices::of_tenants(&file, foreign, &self.overridden);
        self.entries = Arc::new(file);
        let older = legacy_overrides::notice(&moved, Scope::OverrideFile);
        for notice in older.into_iter().chain(notices) {
            if !self.notices.contains(&notice) {
                self.notices.push(notice);
            }
        }
        let found = findings.into_found();
        mistakes.extend(found);
        Mistakes::from_found(mistakes).map_or(Ok(self), Err)
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

    /// The settings of a tenant: its entry in the override file, or else the entry `*`, over
    /// `overrides.defaults` over `metrics_generator`.
    #[must_use]
    pub fn tenant(&self, id: &TenantId) -> TenantSettings {
        let named = self.overridden.named.get(id);
        named.unwrap_or_else(|| self.others()).clone()
    }

    /// Whether the tenant with `id` has an entry of its own in the override file.
    #[must_use]
    pub fn names(&self, id: &TenantId) -> bool {
        self.overridden.named.contains_key(id)
    }

    /// All settings that a tenant can have, with the tenant that has them; `None` stands for every tenant that
    /// the override file does not name.
    pub fn tenants(&self) -> impl Iterator<Item = (Option<&TenantId>, &TenantSettings)> {
        let named = self.overridden.named.iter();
        std::iter::once((None, self.others())).chain(named.map(|(id, settings)| (Some(id), settings)))
    }

    /// What is written in the main file.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// What is written in the override file.
    pub(crate) fn entries(&self) -> &OverrideFile {
        &self.entries
    }

    /// The settings of tenants without an entry in the override file, but for those of the entry `*`.
    pub(crate) fn defaults(&self) -> &TenantSettings {
        &self.defaults
    }

    fn others(&self) -> &TenantSettings {
        self.overridden.others.as_ref().unwrap_or(&self.defaults)
    }

    fn of(file: File, defaults: TenantSettings) -> Self {
        Self {
            server: server::resolve(&file),
            pages_hosts: file
                .spangraph
                .pages
                .hosts
                .iter()
                .map(|host| host.0.clone())
                .collect(),
            defaults,
            override_file: override_file_of(&file),
            overridden: Overridden::default(),
            file: Arc::new(file),
            entries: Arc::default(),
            notices: Vec::new(),
            environment: Environment::ignored(),
        }
    }
}

fn override_file_of(file: &File) -> Option<PathBuf> {
    let written = file.overrides.per_tenant_override_config.as_ref();
    written.and_then(|file| file.0.clone())
}

/// The configuration when no file is given: every default, and service graphs on.
impl Default for Config {
    fn default() -> Self {
        let mut file = File::default();
        file.overrides.defaults.metrics_generator.processors = Some(vec![ProcessorName::ServiceGraphs]);
        let document = Document::default();
        let defaults = tenant::resolve(&file, &mut Findings::new(&document, &[]));
        Self::of(file, defaults)
    }
}
