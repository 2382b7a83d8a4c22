//! What pages know of the configuration in force and of how it came, and how they ask for it to be loaded again.

mod handle;
mod live;
mod state;

pub use handle::{ReloadHandle, ReloadRequest};
pub use live::LiveConfig;
pub use state::{Attempt, ReloadState, Trigger};
