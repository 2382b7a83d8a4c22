//! Opens the state that an earlier process left, as the server starts.

use std::net::TcpListener;
use std::sync::Arc;

use actix_rt::task::spawn_blocking;
use spangraph_actors::durability::{FoundLog, FoundState, StateError, StateFolder};
use spangraph_actors::pipeline::DurableParts;
use spangraph_actors::time::{Clock, PipelineTime};
use spangraph_config::{DurabilitySettings, ServerSettings};
use spangraph_pages::StartingPages;
use spangraph_storage::disk::SystemDisk;

/// What an earlier process left, when `settings` say that state is kept. It may be long until all of it is read: meanwhile
/// `listener`, which is that of the pages, is answered with that.
///
/// # Errors
/// When it cannot be gone on with, or nobody can be answered.
pub(super) async fn read(
    settings: &ServerSettings,
    listener: &TcpListener,
) -> anyhow::Result<Option<DurableParts>> {
    let Some(kept) = settings.durability.clone() else {
        return Ok(None);
    };
    let pages = StartingPages::open(settings, listener)?;
    let read = spawn_blocking(move || open(&kept)).await;
    pages.close().await;
    Ok(Some(read??))
}

/// What is in the folder of `settings`, which is this process' own from now on.
///
/// # Errors
/// When it is another server's, or the state cannot be read whole: what was kept is never passed over in silence.
fn open(settings: &DurabilitySettings) -> anyhow::Result<DurableParts> {
    let found = StateFolder::new(settings).open();
    let found = found.map_err(|error| with_advice(error, settings))?;
    tell(settings, &found);
    let log = FoundLog::open(Arc::new(SystemDisk), settings, found.epoch.as_ref())?;
    Ok(DurableParts {
        found,
        interval: settings.interval,
        log,
        max_backfill: settings.max_backfill,
    })
}

/// The clock that a pipeline goes on by: that of the records, when some are to be applied again.
pub(super) fn clock(durable: Option<&DurableParts>) -> Clock {
    let backlog = durable.and_then(|durable| {
        let log = durable.log.as_ref().filter(|log| log.backlog() > 0)?;
        tracing::info!(
            requests = log.backlog(),
            "requests that were answered since the last epoch are applied again"
        );
        let cut = durable
            .found
            .epoch
            .as_ref()
            .map(|epoch| epoch.cut_unix_milliseconds);
        cut.or_else(|| log.first_stamp())
    });
    let begun = backlog.map(PipelineTime::from_unix_milliseconds);
    begun.map_or_else(Clock::live, Clock::replaying)
}

/// The error with the key that names the folder, and what to do.
fn with_advice(error: StateError, settings: &DurabilitySettings) -> anyhow::Error {
    let folder = settings.path.display();
    let key = "spangraph.durability.path";
    let told = match error.advice() {
        Some(advice) => format!(
            "{key}: the state in {folder} cannot be gone on with: {advice}, or begin without state by \
             spangraph.durability.mode: none, which leaves the folder as it is"
        ),
        None => format!("{key}: the state in {folder} cannot be gone on with"),
    };
    anyhow::Error::from(error).context(told)
}

fn tell(settings: &DurabilitySettings, found: &FoundState) {
    let folder = settings.path.display();
    match &found.epoch {
        Some(epoch) => tracing::info!(
            %folder,
            epoch = epoch.number,
            cut_unix_milliseconds = epoch.cut_unix_milliseconds,
            tenants = found.tenants.len(),
            "going on with the state of the last epoch"
        ),
        None => tracing::info!(%folder, "state is kept from now on, there was none"),
    }
}
