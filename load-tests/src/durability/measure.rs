//! Measures the parts that are asked for, one after the other.

use super::large::large;
use super::options::{DurabilityOptions, Part};
use super::report::DurabilityReport;
use super::turns::turns;

/// Measures durable state.
///
/// # Errors
/// When a server cannot be started, reached, stopped or killed, or does not take what it is sent.
pub async fn durability(options: &DurabilityOptions) -> anyhow::Result<DurabilityReport> {
    let mut report = DurabilityReport::default();
    for part in &options.parts {
        match part {
            Part::Turns => report.note_turns(turns(options).await?),
            Part::Large => report.note_large(large(options).await?),
        }
    }
    Ok(report)
}
