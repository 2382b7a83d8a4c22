//! Reads the configuration file and the override file it names, or takes the embedded default.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use spangraph_actors::tenants::{SharedByWriters, writer_parameters};
use spangraph_actors::writer::{TlsClients, WriterBlueprint, WriterMetrics};
use spangraph_config::{Config, Environment, RemoteWriteEndpoint, ServerSettings, TenantId, TenantSettings};
use spangraph_serving::authentication;
use spangraph_serving::listener::Listener;
use spangraph_serving::tls;

/// A configuration with the files that it was made of.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The main file alone.
    main: Config,
    /// The text of the override file, when there is one.
    pub overrides: Option<String>,
    /// Both together.
    pub config: Config,
    /// What the files of the endpoints' TLS settings hold.
    pub tls_clients: TlsClients,
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
    let loaded = match config.override_file().map(Path::to_owned) {
        Some(named) => {
            let (found, overrides) = find_overrides(&named, file)?;
            Loaded::with_override_file(config, found, overrides)?
        }
        None => Loaded::of_main(config),
    };
    check(&loaded).with_context(|| format!("{} cannot be used", shown(file)))?;
    Ok(loaded)
}

/// The override file `overrides` over the main file, or over the embedded default, whichever override file that names.
///
/// # Errors
/// As [`load`].
pub fn load_overrides(
    overrides: &Path,
    main: Option<&Path>,
    environment: Environment,
) -> anyhow::Result<Config> {
    let config = read_main(main, environment)?;
    let text = std::fs::read_to_string(overrides)
        .with_context(|| format!("cannot read override file {}", overrides.display()))?;
    let loaded = Loaded::with_override_file(config, overrides.to_owned(), text)?;
    check(&loaded).with_context(|| format!("{} cannot be used", overrides.display()))?;
    Ok(loaded.config)
}

/// Whether the file is an override file by what stands in it; one that cannot be read is none.
#[must_use]
pub fn is_override_file(file: &Path) -> bool {
    std::fs::read_to_string(file).is_ok_and(|text| spangraph_config::is_override_file(&text))
}

/// What a file is called in messages.
fn shown(file: Option<&Path>) -> std::borrow::Cow<'_, str> {
    file.map_or_else(|| "the default".into(), Path::to_string_lossy)
}

/// What only shows when the files that it names are read.
fn check(loaded: &Loaded) -> anyhow::Result<()> {
    check_certificates(&loaded.config.server())?;
    check_credentials(&loaded.config.server())?;
    check_endpoints(loaded)
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

/// The override file that the main file names, and its text: a relative path counts from the working directory, as in
/// Tempo, and from the folder of the main file when nothing is there.
fn find_overrides(named: &Path, main: Option<&Path>) -> anyhow::Result<(PathBuf, String)> {
    let folder = main.and_then(Path::parent);
    let beside = folder.map(|folder| folder.join(named));
    let other = beside.filter(|beside| named.is_relative() && beside != named && !named.exists());
    let Some(beside) = other else {
        return Ok((named.to_owned(), read_overrides(named)?));
    };
    let text = std::fs::read_to_string(&beside).with_context(|| {
        let (named, beside) = (named.display(), beside.display());
        format!(
            "overrides.per_tenant_override_config: {named} is not in the working directory, and cannot read {beside}"
        )
    })?;
    Ok((beside, text))
}

/// The text of the override file.
///
/// # Errors
/// When the file cannot be read; the path that was tried is told.
pub fn read_overrides(file: &Path) -> anyhow::Result<String> {
    let shown = file.display();
    let told = || format!("overrides.per_tenant_override_config: cannot read {shown}");
    // It is read again and again, which would wait for ever for who writes to a pipe.
    if !std::fs::metadata(file).with_context(told)?.is_file() {
        return Err(anyhow::anyhow!("it is no regular file")).with_context(told);
    }
    std::fs::read_to_string(file).with_context(told)
}

impl Loaded {
    /// The main file as it is with other entries of tenants.
    ///
    /// # Errors
    /// When the override file with the text `overrides` has mistakes, or its endpoints cannot be used.
    pub fn with_overrides(&self, overrides: String) -> anyhow::Result<Self> {
        let found = self.main.override_file().map(Path::to_owned).unwrap_or_default();
        let loaded = Self::with_override_file(self.main.clone(), found, overrides)?;
        check_endpoints(&loaded).context("overrides.per_tenant_override_config cannot be used")?;
        Ok(loaded)
    }

    fn of_main(main: Config) -> Self {
        Self {
            config: main.clone(),
            overrides: None,
            main,
            tls_clients: TlsClients::default(),
        }
    }

    /// The main file with the override file that was found at a path, and has this text.
    fn with_override_file(main: Config, found: PathBuf, text: String) -> anyhow::Result<Self> {
        let shown = found.display().to_string();
        let main = main.with_override_file_at(found);
        let told = |mistakes| anyhow::anyhow!("{shown} has mistakes:\n{mistakes}");
        let config = main.clone().with_overrides(&text).map_err(told)?;
        Ok(Self {
            main,
            overrides: Some(text),
            config,
            tls_clients: TlsClients::default(),
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
///
/// The certificates stay in `loaded`, each setting's read once, however many endpoints have it.
fn check_endpoints(loaded: &Loaded) -> anyhow::Result<()> {
    for (named, settings) in loaded.config.tenants() {
        let tenant = named.cloned().unwrap_or_else(TenantId::single);
        let checked = check_endpoints_of(&tenant, settings, &loaded.tls_clients);
        match named {
            Some(tenant) => checked.with_context(|| format!("tenant {tenant}"))?,
            None => checked?,
        }
    }
    Ok(())
}

fn check_endpoints_of(
    tenant: &TenantId,
    settings: &TenantSettings,
    tls_clients: &TlsClients,
) -> anyhow::Result<()> {
    let shared = SharedByWriters {
        metrics: &WriterMetrics::default(),
        tls_clients,
        state: None,
    };
    for endpoint in &settings.remote_write {
        let place = || {
            format!(
                "metrics_generator.storage.remote_write: endpoint {}",
                endpoint.name
            )
        };
        WriterBlueprint::new(writer_parameters(tenant, settings, endpoint, shared)).with_context(place)?;
        if is_secure(endpoint) {
            let read = tls_clients.load(&endpoint.tls);
            read.context("tls_config").with_context(place)?;
        }
    }
    Ok(())
}

fn is_secure(endpoint: &RemoteWriteEndpoint) -> bool {
    let scheme = endpoint.url.expose().get(.."https:".len());
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"))
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
        fs::write(&main, naming(&other)).unwrap();
        if let Some(text) = overrides {
            fs::write(&other, text).unwrap();
        }
        load(Some(&main), Environment::ignored()).map_err(|error| format!("{error:#}"))
    }

    fn naming(file: &Path) -> String {
        format!("overrides: {{per_tenant_override_config: {}}}", file.display())
    }

    fn has_host_info(config: &Config) -> bool {
        let acme = TenantId::parse("acme").unwrap();
        config.tenant(&acme).processors.host_info
    }

    const HOST_INFO: &str = "overrides: {acme: {metrics_generator: {processors: [host-info]}}}";

    #[test]
    fn the_override_file_is_read_and_its_absence_and_mistakes_are_told() {
        assert!(has_host_info(&load_with(Some(HOST_INFO)).unwrap()));
        let absent = load_with(None).unwrap_err();
        assert!(
            absent.starts_with("overrides.per_tenant_override_config: cannot read "),
            "{absent}"
        );
        let wrong = load_with(Some("overrides:\n  acme: {x: 1}\n")).unwrap_err();
        let told = "o.yaml has mistakes:\nline 2, column 10: overrides.acme.x: unknown key";
        assert!(wrong.contains(told), "{wrong}");
    }

    #[test]
    fn an_override_file_that_would_be_waited_for_is_refused() {
        let folder = TempDir::new().unwrap();
        let pipe = folder.path().join("o.yaml");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let told = format!("{:#}", super::read_overrides(&pipe).unwrap_err());
        assert!(told.ends_with("o.yaml: it is no regular file"), "{told}");
    }

    #[test]
    fn an_override_file_that_is_not_in_the_working_directory_is_looked_for_beside_the_main_file() {
        let folder = TempDir::new().unwrap();
        let main = folder.path().join("main.yaml");
        fs::write(&main, naming(Path::new("./tenants/o.yaml"))).unwrap();
        let absent = load(Some(&main), Environment::ignored()).unwrap_err();
        let beside = folder.path().join("./tenants/o.yaml");
        let told = format!(
            "overrides.per_tenant_override_config: ./tenants/o.yaml is not in the working directory, and cannot read {}",
            beside.display()
        );
        assert!(format!("{absent:#}").starts_with(&told), "{absent:#}");

        fs::create_dir(folder.path().join("tenants")).unwrap();
        fs::write(&beside, HOST_INFO).unwrap();
        let loaded = read(Some(&main), Environment::ignored()).unwrap();
        assert!(has_host_info(&loaded.config));
        assert_eq!(loaded.config.override_file(), Some(beside.as_path()));
        // The reloader reads the same file again.
        let again = loaded.with_overrides("overrides: {}".to_owned()).unwrap();
        assert_eq!(again.config.override_file(), Some(beside.as_path()));
        assert!(!has_host_info(&again.config));
        fs::write(&beside, "overrides: {acme: 5}").unwrap();
        let wrong = load(Some(&main), Environment::ignored()).unwrap_err();
        assert!(
            format!("{wrong:#}").starts_with(&beside.display().to_string()),
            "{wrong:#}"
        );
    }

    #[test]
    fn an_override_file_is_checked_alone_and_over_a_main_file_that_names_another() {
        let folder = TempDir::new().unwrap();
        let (main, other) = (folder.path().join("main.yaml"), folder.path().join("o.yaml"));
        fs::write(&main, "overrides: {per_tenant_override_config: /no/such/file}").unwrap();
        fs::write(&other, HOST_INFO).unwrap();
        for main in [None, Some(main.as_path())] {
            let config = load_overrides(&other, main, Environment::ignored()).unwrap();
            assert!(has_host_info(&config));
        }
        fs::write(&other, "overrides: {acme: 5}").unwrap();
        let wrong = load_overrides(&other, None, Environment::ignored()).unwrap_err();
        let told = "o.yaml has mistakes:\nline 1, column 19: overrides.acme: expected a mapping";
        assert!(wrong.to_string().contains(told), "{wrong:#}");
    }
}
