//! `spangraph state`: looks at the state on the disk, and resets it, while no server has it.

mod report;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use spangraph_actors::durability::LOG_FOLDER;
use spangraph_config::ServerSettings;
use spangraph_storage::disk::{Disk, SystemDisk};
use spangraph_storage::epochs::{self, Condition};
use spangraph_storage::lock::{FolderLock, LOCK_FILE, Look};
use spangraph_storage::span_log::{self, LogCondition, RemovedLog};

use self::report::Report;
use crate::cli::{self, ResetState, StateCommand};

/// Does what was `asked` for and prints it; whether nothing is damaged.
///
/// # Errors
/// When there is no folder, a server has it, or it cannot be read.
pub fn run(asked: StateCommand, settings: &ServerSettings) -> anyhow::Result<bool> {
    let (told, is_well) = match asked {
        StateCommand::Info(at) => info(&folder(at.path, settings)?)?,
        StateCommand::Check(at) => check(&folder(at.path, settings)?)?,
        StateCommand::Reset(ResetState { at, log }) => {
            let folder = folder(at.path, settings)?;
            let removed = if log { reset_log(&folder)? } else { reset(&folder)? };
            (removed, true)
        }
    };
    cli::print(&told)?;
    Ok(is_well)
}

/// The folder of the state: `named`, or else that of `settings`.
///
/// # Errors
/// When neither names one.
fn folder(named: Option<PathBuf>, settings: &ServerSettings) -> anyhow::Result<PathBuf> {
    let configured = || settings.durability.as_ref().map(|kept| kept.path.clone());
    let folder = named.or_else(configured);
    folder.context("no state is kept: set spangraph.durability.path, or name the folder with --path")
}

/// What is in `folder`, as text for people, and whether nothing is damaged. Nothing is written.
///
/// # Errors
/// When a server has it, or it cannot be read.
fn info(folder: &Path) -> anyhow::Result<(String, bool)> {
    let look = look(folder)?;
    let (condition, log) = (inspect(folder)?, inspect_log(folder)?);
    let report = Report::new(folder, &condition, log.as_ref());
    Ok((report.info() + &unlocked(&look), report.is_well()))
}

/// Reads all that is in `folder`; what is damaged, and whether nothing is. Nothing is written.
///
/// # Errors
/// As [`info`].
fn check(folder: &Path) -> anyhow::Result<(String, bool)> {
    let look = look(folder)?;
    let (condition, log) = (inspect(folder)?, inspect_log(folder)?);
    let report = Report::new(folder, &condition, log.as_ref());
    Ok((report.check() + &unlocked(&look), report.is_well()))
}

/// Removes all state in `folder`, damaged or not; what was removed.
///
/// # Errors
/// When a server has it, or a file cannot be removed.
fn reset(folder: &Path) -> anyhow::Result<String> {
    let _lock = lock(folder)?;
    let reset = epochs::reset(&SystemDisk, folder)?;
    let log = remove_log(folder)?;
    Ok(format!(
        "removed {} files of {} bytes from {}: the next start begins without state\n",
        reset.files + log.files,
        reset.bytes + log.bytes,
        folder.display()
    ))
}

/// Removes the span log in `folder`, damaged or not; what was removed.
///
/// # Errors
/// When a server has it, or a file cannot be removed.
fn reset_log(folder: &Path) -> anyhow::Result<String> {
    let _lock = lock(folder)?;
    let RemovedLog { files, bytes } = remove_log(folder)?;
    Ok(format!(
        "removed the span log of {files} files with {bytes} bytes from {}: the next start goes on from the last epoch\n",
        folder.display()
    ))
}

fn remove_log(folder: &Path) -> anyhow::Result<RemovedLog> {
    let log = folder.join(LOG_FOLDER);
    Ok(if log.is_dir() {
        span_log::remove(&SystemDisk, &log)?
    } else {
        RemovedLog::default()
    })
}

/// The condition of the span log; none where there is no log.
fn inspect_log(folder: &Path) -> anyhow::Result<Option<LogCondition>> {
    let log = folder.join(LOG_FOLDER);
    let disk: Arc<dyn Disk> = Arc::new(SystemDisk);
    let inspect = || span_log::inspect(&disk, &log);
    Ok(log.is_dir().then(inspect).transpose()?)
}

fn inspect(folder: &Path) -> anyhow::Result<Condition> {
    Ok(epochs::inspect(&SystemDisk, folder)?)
}

fn look(folder: &Path) -> anyhow::Result<Look> {
    must_have_state(folder)?;
    Ok(Look::at(folder)?)
}

/// What is told of a folder that could not be locked.
fn unlocked(look: &Look) -> String {
    let obstacle = look.obstacle();
    let told = obstacle.map(|error| {
        format!("it could not be locked ({error}): if a server has begun to use it meanwhile, ask again\n")
    });
    told.unwrap_or_default()
}

fn lock(folder: &Path) -> anyhow::Result<FolderLock> {
    must_have_state(folder)?;
    Ok(FolderLock::take(folder)?)
}

/// A folder without state is left as it is: most likely another was meant.
fn must_have_state(folder: &Path) -> anyhow::Result<()> {
    anyhow::ensure!(folder.is_dir(), "{} is no folder", folder.display());
    let has_state = folder.join(LOCK_FILE).exists()
        || epochs::has_state(&SystemDisk, folder)?
        || inspect_log(folder)?.is_some_and(|log| log.segments > 0);
    anyhow::ensure!(has_state, "there is no state in {}", folder.display());
    Ok(())
}

#[cfg(test)]
mod tests;
