//! The configuration: loaded at start, loaded again while the server runs.

mod live;
mod load;
mod metrics;
mod migrate;
mod reloader;
mod restart;
mod state;

pub use live::LiveConfig;
pub use load::{Loaded, is_override_file, load, load_overrides, read, server_settings};
pub use metrics::ReloadMetrics;
pub use migrate::migrate_overrides;
pub use reloader::{ReloadHandle, Reloader, ReloaderParts};
pub use state::{Attempt, ReloadState, Trigger};
