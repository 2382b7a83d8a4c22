//! Log lines to standard error, as text or JSON.

use std::io::IsTerminal as _;

use spangraph_config::{LogFormat, ServerSettings};
use tracing_subscriber::EnvFilter;

use crate::cli::{self, Options};

/// Libraries between a client and our own code.
const LOG_WHAT_CLIENTS_DO: [&str; 7] = [
    "actix_http",
    "actix_web",
    "h2",
    "hyper",
    "rustls",
    "tokio_rustls",
    "tonic",
];

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
        Err(_) => EnvFilter::try_new(default_directives(&level))?,
    };
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        // What cannot be written, to a full disk or a dead reader, costs the line and not the server.
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal());
    let started = if is_json(options, settings) {
        lines.json().flatten_event(true).try_init()
    } else {
        lines.try_init()
    };
    started.map_err(|error| anyhow::anyhow!("logging cannot be started: {error}"))
}

/// Our own lines at `level`; of libraries only what is wrong, and nothing of those that log what clients do.
///
/// A client could write lines without end through these; our own lines tell of it, so many a minute.
fn default_directives(level: &str) -> String {
    let libraries = if level == "error" { "error" } else { "warn" };
    let silent = LOG_WHAT_CLIENTS_DO
        .map(|target| format!(",{target}=off"))
        .concat();
    format!("{libraries},spangraph={level}{silent}")
}

fn is_json(options: &Options, settings: &ServerSettings) -> bool {
    match options.log_format {
        Some(format) => matches!(format, cli::LogFormat::Json),
        None => settings.log_format == LogFormat::Json,
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[test]
    fn our_own_lines_follow_the_level_and_libraries_do_not() {
        let filter = EnvFilter::new(default_directives("debug"));
        let subscriber = tracing_subscriber::registry().with(filter);
        tracing::subscriber::with_default(subscriber, || {
            assert!(tracing::enabled!(target: "spangraph::app", tracing::Level::DEBUG));
            assert!(tracing::enabled!(target: "spangraph_actors::writer", tracing::Level::DEBUG));
            assert!(!tracing::enabled!(target: "spangraph_actors::writer", tracing::Level::TRACE));
            assert!(tracing::enabled!(target: "actix_server::accept", tracing::Level::ERROR));
            assert!(!tracing::enabled!(target: "layouting", tracing::Level::INFO));
            assert!(!tracing::enabled!(target: "Cycle Removal", tracing::Level::INFO));
            assert!(!tracing::enabled!(target: "actix_http::h1::dispatcher", tracing::Level::ERROR));
            assert!(!tracing::enabled!(target: "rustls::msgs::handshake", tracing::Level::WARN));
        });
    }

    #[test]
    fn errors_alone_leave_no_warnings_of_libraries() {
        assert!(default_directives("error").starts_with("error,spangraph=error,"));
    }
}
