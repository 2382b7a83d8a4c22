//! What outlives the process.

use std::path::PathBuf;
use std::time::Duration;

use super::findings::Findings;
use crate::DurabilitySettings;
use crate::document::Path;
use crate::schema::File;
use crate::schema::durability::{Durability, DurabilityMode};
use crate::schema::values::UnlessEmpty;

const INTERVAL: Duration = Duration::from_secs(15);
const MAX_BYTES: u64 = 1 << 30;

/// Where state is kept and how often; none when nothing outlives the process.
pub fn resolve(file: &File) -> Option<DurabilitySettings> {
    let written = &file.spangraph.durability;
    let path = path_of(written)?;
    (written.mode != Some(DurabilityMode::None)).then(|| DurabilitySettings {
        path,
        interval: written.interval.map_or(INTERVAL, Into::into),
        max_queue_bytes: written.max_bytes.map_or(MAX_BYTES, Into::into),
    })
}

/// Finds a mode that cannot be.
pub fn check(file: &File, findings: &mut Findings<'_>) {
    let written = &file.spangraph.durability;
    if written.mode == Some(DurabilityMode::Epochs) && path_of(written).is_none() {
        findings.add(
            &Path::of_keys("spangraph.durability.mode"),
            "needs a folder to keep state in: set spangraph.durability.path",
        );
    }
}

fn path_of(written: &Durability) -> Option<PathBuf> {
    let UnlessEmpty(path) = written.path.as_ref()?;
    path.clone()
}
