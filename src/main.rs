//! The spangraph server.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap_complete::Shell;
use mimalloc::MiMalloc;
use spangraph::app::Hangups;
use spangraph::cli::{self, Asked, Checked, Command, CommandLine, Migrated, Options, StateCommand};
use spangraph::{app, configuration, error_text, healthcheck, logging, state};
use spangraph_config::{Config, PrintMode};

/// What a request gives is made in one thread and freed in others, for which mimalloc takes no lock: with two cores it is
/// worth more than with one (docs/performance.md).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let CommandLine { command, options } = CommandLine::from_environment();
    let done = match command.unwrap_or(Command::Serve) {
        _ if options.verify => validate(options.config.as_deref(), &options),
        Command::Serve => serve(&options, false),
        Command::Demo => serve(&options, true),
        Command::Validate(checked) => validate_files(&checked, &options),
        Command::PrintConfig(printed) => print_config(&options, printed.into()),
        Command::MigrateOverrides(migrated) => migrate_overrides(&migrated),
        Command::Healthcheck(asked) => healthcheck(&options, &asked),
        Command::State(asked) => look_at_state(asked, &options),
        Command::Completions { shell } => completions(shell),
    };
    done.unwrap_or_else(|error| fail(&error))
}

fn serve(options: &Options, with_demo: bool) -> anyhow::Result<ExitCode> {
    let serving = async {
        // A SIGHUP ends a process that does not listen for it, so this comes before all that takes time.
        let hangups = Hangups::listen()?;
        app::survive_large_files()?;
        let loaded = configuration::read(options.config.as_deref(), options.environment())?;
        logging::start(options, &loaded.config.server())?;
        log_notices(&loaded.config);
        let start = app::Start {
            loaded,
            file: options.config.clone(),
            hangups,
            with_demo,
        };
        app::serve(start).await
    };
    let ended = actix_rt::System::new().block_on(serving)?;
    Ok(if ended.join() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn validate_files(checked: &Checked, options: &Options) -> anyhow::Result<ExitCode> {
    let file = checked.file.as_deref().or(options.config.as_deref());
    match (&checked.overrides, file) {
        (Some(overrides), main) => validate_overrides(overrides, main, options),
        (None, Some(file)) if configuration::is_override_file(file) => {
            validate_overrides(file, None, options)
        }
        (None, Some(file)) => validate(Some(file), options),
        (None, None) => anyhow::bail!("name the file to check"),
    }
}

fn validate(file: Option<&Path>, options: &Options) -> anyhow::Result<ExitCode> {
    let config = configuration::load(file, options.environment())?;
    let shown = file.unwrap_or(Path::new("the built-in configuration"));
    tell_valid(&config, shown, "")
}

fn validate_overrides(overrides: &Path, main: Option<&Path>, options: &Options) -> anyhow::Result<ExitCode> {
    let config = configuration::load_overrides(overrides, main, options.environment())?;
    tell_valid(&config, overrides, " as an override file")
}

fn tell_valid(config: &Config, file: &Path, kind: &str) -> anyhow::Result<ExitCode> {
    let notes = config.notices().iter().map(|notice| format!("note: {notice}\n"));
    let told = notes.collect::<String>() + &format!("{} is valid{kind}\n", file.display());
    cli::print(&told)?;
    Ok(ExitCode::SUCCESS)
}

fn print_config(options: &Options, mode: PrintMode) -> anyhow::Result<ExitCode> {
    let config = configuration::load(options.config.as_deref(), options.environment())?;
    let mut printed = config.print(mode).to_string();
    if config.override_file().is_some() && mode != PrintMode::Defaults {
        printed += &format!("---\n{}", config.print_tenants(mode));
    }
    cli::print(&printed)?;
    Ok(ExitCode::SUCCESS)
}

fn healthcheck(options: &Options, asked: &Asked) -> anyhow::Result<ExitCode> {
    let url = match &asked.url {
        Some(url) => url.clone(),
        None => healthcheck::url_of(&configuration::server_settings(
            options.config.as_deref(),
            options.environment(),
        )?)?,
    };
    let patience = Duration::from_secs(asked.timeout);
    actix_rt::System::new().block_on(healthcheck::ask(url, patience))?;
    Ok(ExitCode::SUCCESS)
}

fn migrate_overrides(migrated: &Migrated) -> anyhow::Result<ExitCode> {
    configuration::migrate_overrides(&migrated.file, migrated.in_place)?;
    Ok(ExitCode::SUCCESS)
}

fn look_at_state(asked: StateCommand, options: &Options) -> anyhow::Result<ExitCode> {
    let settings = configuration::server_settings(options.config.as_deref(), options.environment())?;
    let is_well = state::run(asked, &settings)?;
    Ok(ExitCode::from(u8::from(!is_well)))
}

fn completions(shell: Shell) -> anyhow::Result<ExitCode> {
    cli::print_completions(shell)?;
    Ok(ExitCode::SUCCESS)
}

fn log_notices(config: &Config) {
    for notice in config.notices() {
        tracing::warn!(notice, "configuration");
    }
}

/// Logging may not have started; when nobody can be told, the status still tells it.
fn fail(error: &anyhow::Error) -> ExitCode {
    let _ = writeln!(io::stderr(), "spangraph: {}", error_text::told(error));
    ExitCode::FAILURE
}
