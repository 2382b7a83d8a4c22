//! The configuration: loaded at start, loaded again while the server runs.

mod load;
mod metrics;
mod migrate;
mod reloader;
mod restart;

pub use load::{Loaded, is_override_file, load, load_overrides, read, server_settings};
pub use metrics::ReloadMetrics;
pub use migrate::migrate_overrides;
pub use reloader::{Reloader, ReloaderParts};
