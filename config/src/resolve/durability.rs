//! What outlives the process.

use std::path::PathBuf;
use std::time::Duration;

use super::findings::Findings;
use crate::document::Path;
use crate::schema::File;
use crate::schema::durability::{Durability, DurabilityMode, OnFull, SyncMode};
use crate::schema::values::UnlessEmpty;
use crate::{DurabilitySettings, SpanLogSettings};

const INTERVAL: Duration = Duration::from_secs(15);
/// A crash may lose as much as comes in an interval.
const LONGEST_INTERVAL: Duration = Duration::from_secs(60 * 60);
const MAX_BYTES: u64 = 1 << 30;
const SYNC_INTERVAL: Duration = Duration::from_secs(1);
const MAX_BACKFILL: Duration = Duration::from_secs(50 * 60);

/// The folder of the state below that of Tempo's samples.
const BELOW_TEMPO: &str = "spangraph";

/// Where state is kept and how often; none when nothing outlives the process.
pub fn resolve(file: &File) -> Option<DurabilitySettings> {
    let written = &file.spangraph.durability;
    let path = own_path(file).or_else(|| path_below_tempo(file))?;
    (written.mode != Some(DurabilityMode::None)).then(|| DurabilitySettings {
        path,
        interval: written.interval.map_or(INTERVAL, Into::into),
        max_queue_bytes: written.max_bytes.map_or(MAX_BYTES, Into::into),
        log: (written.mode == Some(DurabilityMode::Log)).then(|| log_of(written)),
        max_backfill: written.max_backfill.map_or(MAX_BACKFILL, Into::into),
    })
}

fn log_of(written: &Durability) -> SpanLogSettings {
    let sync_interval = || written.sync_interval.map_or(SYNC_INTERVAL, Into::into);
    SpanLogSettings {
        sync_interval: (written.sync == Some(SyncMode::Interval)).then(sync_interval),
        max_bytes: written.max_bytes.map_or(MAX_BYTES, Into::into),
        continues_when_full: written.on_full == Some(OnFull::Continue),
    }
}

/// Finds a mode that cannot be, and an interval that keeps nothing.
pub fn check(file: &File, findings: &mut Findings<'_>) {
    let written = &file.spangraph.durability;
    if let Some(message) = folder_missing(file) {
        findings.add(&Path::of_keys("spangraph.durability.mode"), message);
    }
    let interval = written.interval.map(Duration::from);
    if interval.is_some_and(|interval| interval > LONGEST_INTERVAL) {
        findings.add(
            &Path::of_keys("spangraph.durability.interval"),
            "must be at most 1h: a crash loses what came in it",
        );
    }
}

/// The folder that is used because Tempo has one near it.
pub fn implied_path(file: &File) -> Option<PathBuf> {
    let is_implied = own_path(file).is_none();
    resolve(file).map(|kept| kept.path).filter(|_| is_implied)
}

/// Who names no folder on purpose, as by a variable that is not set, must not get another one in silence.
fn folder_missing(file: &File) -> Option<&'static str> {
    let written = &file.spangraph.durability;
    if !matches!(written.mode, Some(DurabilityMode::Epochs | DurabilityMode::Log)) {
        return None;
    }
    match written.path {
        Some(UnlessEmpty(None)) => {
            Some("needs a folder to keep state in, and spangraph.durability.path is empty: set it")
        }
        None if path_below_tempo(file).is_none() => {
            Some("needs a folder to keep state in: set spangraph.durability.path")
        }
        _ => None,
    }
}

fn own_path(file: &File) -> Option<PathBuf> {
    path_of(file.spangraph.durability.path.as_ref())
}

fn path_below_tempo(file: &File) -> Option<PathBuf> {
    let path = path_of(file.metrics_generator.storage.path.as_ref());
    path.map(|path| path.join(BELOW_TEMPO))
}

fn path_of(written: Option<&UnlessEmpty<PathBuf>>) -> Option<PathBuf> {
    written.and_then(|UnlessEmpty(path)| path.clone())
}
