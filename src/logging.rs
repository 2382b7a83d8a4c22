//! Log lines to standard error, as text or JSON.

use std::io::IsTerminal as _;

use spangraph_config::{LogFormat, ServerSettings};
use tracing_subscriber::EnvFilter;

use crate::cli::{self, Options};

/// Starts logging by the command line, else by the configuration; `RUST_LOG` goes over both.
///
/// # Errors
/// When `RUST_LOG` cannot be read, or logging was started before.
pub fn start(options: &Options, settings: &ServerSettings) -> anyhow::Result<()> {
    let level = options
        .log_level
        .map_or(settings.log_level.clone(), |level| level.as_str().to_owned());
    let filter = match std::env::var(EnvFilter::DEFAULT_ENV) {
        Ok(directives) => EnvFilter::try_new(directives)?,
        Err(_) => EnvFilter::try_new(format!(
            "{level},actix_server=warn,h2=warn,hyper=warn,rust_sugiyama=warn"
        ))?,
    };
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal());
    let started = if is_json(options, settings) {
        lines.json().flatten_event(true).try_init()
    } else {
        lines.try_init()
    };
    started.map_err(|error| anyhow::anyhow!("logging cannot be started: {error}"))
}

fn is_json(options: &Options, settings: &ServerSettings) -> bool {
    match options.log_format {
        Some(format) => matches!(format, cli::LogFormat::Json),
        None => settings.log_format == LogFormat::Json,
    }
}
