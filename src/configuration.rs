//! Reads the configuration file, or takes the embedded default.

use std::path::Path;

use anyhow::Context as _;
use spangraph_actors::writer::WriterMetrics;
use spangraph_config::{Config, TenantId};

/// The configuration in `file`, or the embedded default.
///
/// # Errors
/// When the file cannot be read, or has mistakes; the error lists them all, a line each.
pub fn load(file: Option<&Path>) -> anyhow::Result<Config> {
    let Some(file) = file else {
        return Ok(Config::default());
    };
    let shown = file.display();
    let text =
        std::fs::read_to_string(file).with_context(|| format!("cannot read configuration file {shown}"))?;
    let config =
        Config::from_yaml(&text).map_err(|mistakes| anyhow::anyhow!("{shown} has mistakes:\n{mistakes}"))?;
    check_endpoints(&config).with_context(|| format!("{shown} cannot be used"))?;
    Ok(config)
}

/// Certificates and headers of the endpoints are read now, so that a wrong one shows at start and in `validate`.
fn check_endpoints(config: &Config) -> anyhow::Result<()> {
    let tenant = TenantId::single();
    let settings = config.tenant(&tenant);
    for endpoint in &settings.remote_write {
        let parameters = spangraph_actors::tenants::writer_parameters(
            &tenant,
            &settings,
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
