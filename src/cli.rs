//! The command line: what to do, with which configuration, and how loud.

mod help;
mod output;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{CommandFactory as _, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use http::Uri;
use spangraph_config::{Environment, PrintMode};

use crate::build_info;

pub use output::print;

const NAME: &str = "spangraph";

/// Turns OpenTelemetry traces into service graphs and remote-writes them to Prometheus.
///
/// It receives traces by OTLP, pairs the two sides of every call, counts calls and latencies, and writes them as
/// Prometheus series, the same that Grafana Tempo's metrics-generator writes.
///
/// Without a configuration file it receives OTLP on 127.0.0.1:4317 (gRPC) and 127.0.0.1:4318 (HTTP), and serves
/// pages and the series to scrape on 127.0.0.1:3200.
#[derive(Debug, Parser)]
#[command(name = NAME, version, long_version = build_info::LONG_VERSION.as_str())]
#[command(after_long_help = help::PROGRAM, max_term_width = 100)]
pub struct CommandLine {
    /// What to do; without a command, serve.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to run.
    #[command(flatten)]
    pub options: Options,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Receive traces and write series; the default.
    ///
    /// Runs until SIGTERM or SIGINT. Then it takes no more requests, writes what it has, and ends; a second signal
    /// ends it at once, with status 130.
    #[command(after_long_help = help::SERVE)]
    Serve,
    /// Serve, and send the traces of a small built-in shop to oneself.
    ///
    /// With multi-tenancy on the shop is the tenant "demo".
    Demo,
    /// Check a configuration file or an override file, print every mistake in it, and end.
    ///
    /// Of a configuration file, the override file and the certificates that it names are read too. A file with nothing
    /// but entries of tenants is checked as an override file. Nothing is started or sent.
    #[command(after_long_help = help::VALIDATE)]
    Validate(Checked),
    /// Print the configuration with every key and the value in force, secrets hidden, and end.
    ///
    /// The entries of the override file are printed behind it, as a document of their own.
    #[command(after_long_help = help::PRINT_CONFIG)]
    PrintConfig(Printed),
    /// Print a file with its older, flat overrides in their places of now, and end.
    ///
    /// The file may be a configuration file or an override file; it means the same afterwards. Comments are kept, but for
    /// those in parts that are written as {key: value}, which are written anew.
    #[command(after_long_help = help::MIGRATE_OVERRIDES)]
    MigrateOverrides(Migrated),
    /// Ask a running server whether it takes spans, and end.
    ///
    /// It asks /ready of the address that the configuration names for pages, or of 127.0.0.1 when that is every
    /// address of the host. For containers that have no curl.
    #[command(after_long_help = help::HEALTHCHECK)]
    Healthcheck(Asked),
    /// Look at the state that outlives the process, or remove it, while no server has it, and end.
    #[command(subcommand, after_long_help = help::STATE)]
    State(StateCommand),
    /// Print the script that lets a shell complete commands and flags, and end.
    #[command(after_long_help = help::COMPLETIONS)]
    Completions {
        /// The shell.
        shell: Shell,
    },
}

/// What is done with the state on the disk.
#[derive(Debug, Subcommand)]
pub enum StateCommand {
    /// Tell how much there is, whose, and what waits for endpoints.
    Info(StateFolder),
    /// Read all of it, and tell what is damaged.
    Check(StateFolder),
    /// Remove all of it, so that the next start begins without state: counters begin at 0, and samples that wait are lost.
    Reset(ResetState),
}

/// What is removed of the state.
#[derive(Clone, Debug, clap::Args)]
pub struct ResetState {
    /// Where it is.
    #[command(flatten)]
    pub at: StateFolder,
    /// Remove the span log alone: the next start goes on from the last epoch, without what was answered since.
    #[arg(long)]
    pub log: bool,
}

/// Where the state is.
#[derive(Clone, Debug, clap::Args)]
pub struct StateFolder {
    /// The folder; without it, spangraph.durability.path of --config.
    #[arg(long, value_name = "FOLDER")]
    pub path: Option<PathBuf>,
}

/// Which files are checked.
#[derive(Clone, Debug, clap::Args)]
pub struct Checked {
    /// The file; without one, that of --config.
    pub file: Option<PathBuf>,
    /// Check this override file over the configuration file, or over the defaults when none is named; the one that the
    /// configuration names is not read.
    #[arg(long, value_name = "FILE")]
    pub overrides: Option<PathBuf>,
}

/// Which file is rewritten, and to where.
#[derive(Clone, Debug, clap::Args)]
pub struct Migrated {
    /// The file.
    pub file: PathBuf,
    /// Write the file itself instead of standard output.
    #[arg(long)]
    pub in_place: bool,
}

/// Which server is asked, and for how long.
#[derive(Clone, Debug, clap::Args)]
pub struct Asked {
    /// Ask this URL instead; no configuration is read.
    #[arg(long, value_name = "URL")]
    pub url: Option<Uri>,
    /// How many seconds the answer may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    pub timeout: u64,
}

/// Which keys are printed.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Printed {
    /// Only the keys whose value differs from the default.
    #[arg(long, conflicts_with = "defaults")]
    pub diff: bool,
    /// Every key with its default.
    #[arg(long)]
    pub defaults: bool,
}

/// How to run.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Configuration file in Tempo's layout; also -config.file=FILE.
    #[arg(long, alias = "config.file", value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// Whether ${NAME} and ${NAME:-default} in values of the files stand for environment variables; also
    /// -config.expand-env=BOOL.
    #[arg(long, alias = "config.expand-env", value_name = "BOOL", global = true)]
    #[arg(num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true")]
    pub expand_env: bool,
    /// Check the configuration as validate does, and end; also -config.verify.
    #[arg(long, alias = "config.verify", value_name = "BOOL", global = true)]
    #[arg(num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true")]
    pub verify: bool,
    /// The least severe level that is logged, over the configuration's server.log_level.
    #[arg(long, alias = "log.level", value_name = "LEVEL", global = true)]
    pub log_level: Option<LogLevel>,
    /// How log lines look, over the configuration's server.log_format.
    #[arg(long, value_name = "FORMAT", global = true)]
    pub log_format: Option<LogFormat>,
}

/// The least severe level that is logged.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LogLevel {
    /// Everything.
    Trace,
    /// What helps to find a fault.
    Debug,
    /// What an operator may want to know.
    Info,
    /// What an operator should look at.
    Warn,
    /// What went wrong.
    Error,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LogFormat {
    /// Text for people.
    Text,
    /// One JSON object a line.
    Json,
}

impl CommandLine {
    /// Reads the process's arguments; prints help and ends when they ask for it or make no sense.
    #[must_use]
    pub fn from_environment() -> Self {
        Self::parse_from(std::env::args_os().map(with_two_dashes))
    }
}

impl Options {
    /// The variables that the files may name.
    #[must_use]
    pub fn environment(&self) -> Environment {
        if self.expand_env {
            Environment::of_process()
        } else {
            Environment::ignored()
        }
    }
}

/// Writes the completions of `shell` to standard output.
///
/// # Errors
/// When it cannot be written.
pub fn print_completions(shell: Shell) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut CommandLine::command(), NAME, &mut script);
    print(&String::from_utf8_lossy(&script))
}

impl From<Printed> for PrintMode {
    fn from(printed: Printed) -> Self {
        match printed {
            Printed { diff: true, .. } => Self::Diff,
            Printed { defaults: true, .. } => Self::Defaults,
            Printed { .. } => Self::Effective,
        }
    }
}

impl LogLevel {
    /// The level's name in filters.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// Tempo's flags have one dash (`-config.file=FILE`, `-log.level=warn`), ours have two.
fn with_two_dashes(argument: OsString) -> OsString {
    const ONE_DASH: [&str; 4] = [
        "-config.expand-env",
        "-config.file",
        "-config.verify",
        "-log.level",
    ];
    let is_tempos = |text: &&str| ONE_DASH.iter().any(|flag| text.split('=').next() == Some(*flag));
    match argument.to_str().filter(is_tempos) {
        Some(text) => format!("-{text}").into(),
        None => argument,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> CommandLine {
        CommandLine::parse_from(arguments.iter().map(|text| with_two_dashes(text.into())))
    }

    #[test]
    fn the_configuration_file_is_named_in_our_way_and_in_tempos() {
        for arguments in [
            &["spangraph", "--config", "a.yaml"][..],
            &["spangraph", "--config=a.yaml"],
            &["spangraph", "-config.file=a.yaml"],
            &["spangraph", "-config.file", "a.yaml"],
            &["spangraph", "--config.file=a.yaml"],
            &["spangraph", "demo", "--config", "a.yaml"],
        ] {
            assert_eq!(
                parse(arguments).options.config,
                Some("a.yaml".into()),
                "{arguments:?}"
            );
        }
    }

    #[test]
    fn tempos_flags_mean_what_they_mean_in_tempo_but_variables_are_expanded_without_one() {
        let flags = |arguments: &[&str]| {
            let options = parse(arguments).options;
            (options.expand_env, options.verify)
        };
        assert_eq!(flags(&["spangraph"]), (true, false));
        assert_eq!(
            flags(&["spangraph", "-config.expand-env", "-config.verify"]),
            (true, true)
        );
        let off = ["spangraph", "-config.expand-env=false", "-config.verify=true"];
        assert_eq!(flags(&off), (false, true));
        let long = ["spangraph", "--expand-env=false", "--verify", "--config", "a"];
        assert_eq!(flags(&long), (false, true));
    }

    #[test]
    fn without_a_command_it_serves() {
        assert!(parse(&["spangraph"]).command.is_none());
        let validate = parse(&["spangraph", "validate", "x.yaml"]);
        assert!(
            matches!(validate.command, Some(Command::Validate(Checked { file: Some(file), .. })) if file.as_os_str() == "x.yaml")
        );
    }

    #[test]
    fn the_command_line_is_sound() {
        CommandLine::command().debug_assert();
    }
}
