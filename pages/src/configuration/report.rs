//! What the configuration page tells.

use serde::Serialize;
use spangraph_config::{Config, PrintMode, Printout};
use utoipa::ToSchema;

use crate::loading::ReloadState;

/// The configuration of the running server, in the layout of its file; secrets are `<secret>`.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConfigurationReport {
    /// Every key with the value in force.
    #[schema(value_type = Object)]
    pub effective: Printout,
    /// The keys whose value in force differs from the default, and the processors.
    #[schema(value_type = Object)]
    pub diff: Printout,
    /// Every key with its default.
    #[schema(value_type = Object)]
    pub defaults: Printout,
    /// What the server says of its configuration, such as keys without effect.
    pub notices: Vec<String>,
    /// When the configuration was loaded, and what came of the last attempts to load it again.
    pub loading: ReloadState,
    /// The override file; none when no tenant has settings of its own.
    pub override_file: Option<String>,
    /// The entries of the override file.
    pub tenants: TenantOverrides,
}

/// The entries of the override file by tenant; `*` stands for every tenant that has none.
#[derive(Debug, Serialize, ToSchema)]
pub struct TenantOverrides {
    /// Every key with the value in force.
    #[schema(value_type = Object)]
    pub effective: Printout,
    /// What differs from what the main file gives to all tenants.
    #[schema(value_type = Object)]
    pub diff: Printout,
    /// What the main file gives to all tenants, as the entry `*`.
    #[schema(value_type = Object)]
    pub defaults: Printout,
}

impl ConfigurationReport {
    /// What is to be told of `config`.
    #[must_use]
    pub fn of(config: &Config, loading: ReloadState) -> Self {
        Self {
            effective: config.print(PrintMode::Effective),
            diff: config.print(PrintMode::Diff),
            defaults: config.print(PrintMode::Defaults),
            loading,
            notices: config.notices().to_vec(),
            override_file: config.override_file().map(|file| file.display().to_string()),
            tenants: TenantOverrides {
                effective: config.print_tenants(PrintMode::Effective),
                diff: config.print_tenants(PrintMode::Diff),
                defaults: config.print_tenants(PrintMode::Defaults),
            },
        }
    }

    /// The print of the main file in `mode`.
    #[must_use]
    pub fn file(&self, mode: PrintMode) -> &Printout {
        match mode {
            PrintMode::Effective => &self.effective,
            PrintMode::Diff => &self.diff,
            PrintMode::Defaults => &self.defaults,
        }
    }
}

impl TenantOverrides {
    /// The print of the entries in `mode`.
    #[must_use]
    pub fn entries(&self, mode: PrintMode) -> &Printout {
        match mode {
            PrintMode::Effective => &self.effective,
            PrintMode::Diff => &self.diff,
            PrintMode::Defaults => &self.defaults,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_has_the_notices_and_every_print_without_secrets() {
        let config = Config::from_yaml(
            "
metrics_generator: {storage: {remote_write: [{url: 'http://s/?t=hidden', bearer_token: hidden}]}}
overrides: {per_tenant_override_config: o.yaml}
querier: {max_concurrent_queries: 5}
",
        );
        let config = config
            .unwrap()
            .with_overrides("overrides: {acme: {metrics_generator: {max_active_series: 5}}}");
        let report = serde_json::to_value(ConfigurationReport::of(
            &config.unwrap(),
            ReloadState::loaded_now(),
        ))
        .unwrap();
        assert!(!report.to_string().contains("hidden"), "{report:#}");
        let endpoint = &report["diff"]["metrics_generator"]["storage"]["remote_write"][0];
        assert_eq!(endpoint["url"], "http://s/?t=<secret>");
        assert_eq!(report["override_file"], "o.yaml");
        assert_eq!(report["notices"].as_array().map(Vec::len), Some(1));
        let acme = &report["tenants"]["diff"]["overrides"]["acme"];
        assert_eq!(acme["metrics_generator"]["max_active_series"], 5);
        assert_eq!(report["defaults"]["server"]["http_listen_port"], 3200);
    }
}
