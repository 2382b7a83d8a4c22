//! Opens the state that an earlier process left, as the server starts.

use anyhow::Context as _;
use spangraph_actors::durability::{FoundState, StateFolder};
use spangraph_actors::pipeline::DurableParts;
use spangraph_config::DurabilitySettings;

/// What is in the folder of `settings`, which is this process' own from now on.
///
/// # Errors
/// When it is another server's, or the state cannot be read whole: what was kept is never passed over in silence.
pub(super) fn open(settings: &DurabilitySettings) -> anyhow::Result<DurableParts> {
    let found = StateFolder::new(settings).open();
    let found = found.context("spangraph.durability.path")?;
    tell(settings, &found);
    Ok(DurableParts {
        found,
        interval: settings.interval,
    })
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
