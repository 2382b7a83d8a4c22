//! The spangraph server.

use std::path::Path;
use std::process::ExitCode;

use spangraph::cli::{Command, CommandLine, Options};
use spangraph::{app, configuration, logging};
use spangraph_config::{Config, PrintMode};

fn main() -> ExitCode {
    let CommandLine { command, options } = CommandLine::from_environment();
    let done = match command.unwrap_or(Command::Serve) {
        Command::Serve => serve(&options, false),
        Command::Demo => serve(&options, true),
        Command::Validate { file } => validate(&file),
        Command::PrintConfig(printed) => print_config(&options, printed.into()),
    };
    done.unwrap_or_else(|error| fail(&error))
}

fn serve(options: &Options, with_demo: bool) -> anyhow::Result<ExitCode> {
    let loaded = configuration::read(options.config.as_deref())?;
    logging::start(options, &loaded.config.server())?;
    log_notices(&loaded.config);
    let start = app::Start {
        loaded,
        file: options.config.clone(),
        with_demo,
    };
    let ended = actix_rt::System::new().block_on(app::serve(start))?;
    for arbiter in ended.arbiters {
        arbiter.stop();
        if arbiter.join().is_err() {
            tracing::error!("an actor's thread panicked");
        }
    }
    tracing::info!(cleanly = ended.cleanly, "stopped");
    Ok(if ended.cleanly {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

#[expect(clippy::print_stdout, reason = "the answer of this command")]
fn validate(file: &Path) -> anyhow::Result<ExitCode> {
    let config = configuration::load(Some(file))?;
    for notice in config.notices() {
        println!("note: {notice}");
    }
    println!("{} is valid", file.display());
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stdout, reason = "the answer of this command")]
fn print_config(options: &Options, mode: PrintMode) -> anyhow::Result<ExitCode> {
    let config = configuration::load(options.config.as_deref())?;
    print!("{}", config.print(mode));
    if config.override_file().is_some() && mode != PrintMode::Defaults {
        print!("---\n{}", config.print_tenants(mode));
    }
    Ok(ExitCode::SUCCESS)
}

fn log_notices(config: &Config) {
    for notice in config.notices() {
        tracing::warn!(notice, "configuration");
    }
}

#[expect(clippy::print_stderr, reason = "logging may not have started")]
fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("spangraph: {error:#}");
    ExitCode::FAILURE
}
