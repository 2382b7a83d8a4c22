//! Reads the configuration file and the override file it names, or takes the embedded default.

use std::path::Path;

use anyhow::Context as _;
use spangraph_actors::writer::WriterMetrics;
use spangraph_config::{Config, Environment, ServerSettings, TenantId, TenantSettings};

use crate::authentication;
use crate::listener::Listener;
use crate::tls;

/// A configuration with the files that it was made of.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The main file alone.
    main: Config,
    /// The text of the override file, when there is one.
    pub overrides: Option<String>,
    /// Both together.
    pub config: Config,
}

/// The configuration in `file`, with the variables of `environment` put in, or the embedded default.
///
/// # Errors
/// When the file cannot be read, or has mistakes; the error lists them all, a line each.
pub fn load(file: Option<&Path>, environment: Environment) -> anyhow::Result<Config> {
    read(file, environment).map(|loaded| loaded.config)
}

/// As [`load`], with what is needed to read the override file again alone.
///
/// # Errors
/// As [`load`].
pub fn read(file: Option<&Path>, environment: Environment) -> anyhow::Result<Loaded> {
    let config = read_main(file, environment)?;
    let overrides = config.override_file().map(read_overrides).transpose()?;
    let loaded = Loaded::new(config, overrides)?;
    check(&loaded.config).with_context(|| {
        let shown = file.map_or_else(|| "the default".into(), Path::to_string_lossy);
        format!("{shown} cannot be used")
    })?;
    Ok(loaded)
}

/// What only shows when the files that it names are read.
fn check(config: &Config) -> anyhow::Result<()> {
    check_certificates(&config.server())?;
    check_credentials(&config.server())?;
    check_endpoints(config)
}

/// The main file alone.
fn read_main(file: Option<&Path>, environment: Environment) -> anyhow::Result<Config> {
    let Some(file) = file else {
        return Ok(Config::default());
    };
    let shown = file.display();
    let text =
        std::fs::read_to_string(file).with_context(|| format!("cannot read configuration file {shown}"))?;
    Config::from_yaml_in(&text, environment)
        .map_err(|mistakes| anyhow::anyhow!("{shown} has mistakes:\n{mistakes}"))
}

/// The settings of the process in `file`. What else the file names is not read, so that a running server can be asked even
/// when that has changed.
///
/// # Errors
/// When the file cannot be read, or has mistakes.
pub fn server_settings(file: Option<&Path>, environment: Environment) -> anyhow::Result<ServerSettings> {
    Ok(read_main(file, environment)?.server())
}

/// The text of the override file; its path counts from the working directory, as in Tempo.
///
/// # Errors
/// When the file cannot be read.
pub fn read_overrides(file: &Path) -> anyhow::Result<String> {
    let shown = file.display();
    std::fs::read_to_string(file)
        .with_context(|| format!("overrides.per_tenant_override_config: cannot read {shown}"))
}

impl Loaded {
    /// The main file as it is with other entries of tenants.
    ///
    /// # Errors
    /// When the override file with the text `overrides` has mistakes, or its endpoints cannot be used.
    pub fn with_overrides(&self, overrides: String) -> anyhow::Result<Self> {
        let loaded = Self::new(self.main.clone(), Some(overrides))?;
        check_endpoints(&loaded.config).context("overrides.per_tenant_override_config cannot be used")?;
        Ok(loaded)
    }

    fn new(main: Config, overrides: Option<String>) -> anyhow::Result<Self> {
        let config = match (&overrides, main.override_file()) {
            (Some(text), Some(file)) => {
                let shown = file.display();
                let told = |mistakes| anyhow::anyhow!("{shown} has mistakes:\n{mistakes}");
                main.clone().with_overrides(text).map_err(told)?
            }
            _ => main.clone(),
        };
        Ok(Self {
            main,
            overrides,
            config,
        })
    }
}

/// Certificates of the listeners are read now, so that a wrong one shows at start and in `validate`.
fn check_certificates(settings: &ServerSettings) -> anyhow::Result<()> {
    let receivers = "distributor.receivers.otlp.protocols";
    let grpc = settings.grpc.as_ref().and_then(|grpc| grpc.tls.as_ref());
    let http = settings.http.as_ref().and_then(|http| http.tls.as_ref());
    for (listener, tls, key) in [
        (Listener::Grpc, grpc, format!("{receivers}.grpc.tls")),
        (Listener::Http, http, format!("{receivers}.http.tls")),
        (
            Listener::Pages,
            settings.pages_tls.as_ref(),
            "server.http_tls_config".to_owned(),
        ),
    ] {
        if let Some(tls) = tls {
            tls::check(tls, listener).context(key)?;
        }
    }
    Ok(())
}

/// Files with credentials are read now, for the same reason.
fn check_credentials(settings: &ServerSettings) -> anyhow::Result<()> {
    let settings = &settings.authentication;
    authentication::check(&settings.receivers).context("spangraph.authentication.receivers")?;
    authentication::check(&settings.pages).context("spangraph.authentication.pages")
}

/// Certificates and headers of the endpoints are read now, so that a wrong one shows at start and in `validate`.
fn check_endpoints(config: &Config) -> anyhow::Result<()> {
    for (named, settings) in config.tenants() {
        let tenant = named.cloned().unwrap_or_else(TenantId::single);
        let checked = check_endpoints_of(&tenant, settings);
        match named {
            Some(tenant) => checked.with_context(|| format!("tenant {tenant}"))?,
            None => checked?,
        }
    }
    Ok(())
}

fn check_endpoints_of(tenant: &TenantId, settings: &TenantSettings) -> anyhow::Result<()> {
    for endpoint in &settings.remote_write {
        let parameters = spangraph_actors::tenants::writer_parameters(
            tenant,
            settings,
            endpoint,
            &WriterMetrics::default(),
        );
        spangraph_actors::writer::WriterBlueprint::new(parameters).with_context(|| {
            format!(
                "metrics_generator.storage.remote_write: endpoint {}",
                endpoint.name
            )
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    /// What is said when the main file names an override file with this text, or one that is not there.
    fn load_with(overrides: Option<&str>) -> Result<Config, String> {
        let folder = TempDir::new().unwrap();
        let (main, other) = (folder.path().join("main.yaml"), folder.path().join("o.yaml"));
        fs::write(
            &main,
            format!("overrides: {{per_tenant_override_config: {}}}", other.display()),
        )
        .unwrap();
        if let Some(text) = overrides {
            fs::write(&other, text).unwrap();
        }
        load(Some(&main), Environment::ignored()).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn the_override_file_is_read_and_its_absence_and_mistakes_are_told() {
        let acme = TenantId::parse("acme").unwrap();
        let config = load_with(Some(
            "overrides: {acme: {metrics_generator: {processors: [host-info]}}}",
        ));
        assert!(config.unwrap().tenant(&acme).processors.host_info);
        let absent = load_with(None).unwrap_err();
        assert!(
            absent.starts_with("overrides.per_tenant_override_config: cannot read "),
            "{absent}"
        );
        let wrong = load_with(Some("overrides:\n  acme: {x: 1}\n")).unwrap_err();
        let told = "o.yaml has mistakes:\nline 2, column 10: overrides.acme.x: unknown key";
        assert!(wrong.contains(told), "{wrong}");
    }
}
