//! The configuration in force, which may be another one a moment later.

use std::sync::{Arc, PoisonError, RwLock};

use spangraph_config::Config;

use super::state::ReloadState;

/// The configuration in force, and what is known of how it came; shared by all who read it.
#[derive(Debug)]
pub struct LiveConfig(RwLock<Current>);

#[derive(Debug)]
struct Current {
    config: Arc<Config>,
    state: ReloadState,
}

impl LiveConfig {
    /// In force from the start on.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self(RwLock::new(Current {
            config: Arc::new(config),
            state: ReloadState::loaded_now(),
        }))
    }

    /// What is in force now.
    #[must_use]
    pub fn config(&self) -> Arc<Config> {
        let current = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&current.config)
    }

    /// How it came.
    #[must_use]
    pub fn state(&self) -> ReloadState {
        let current = self.0.read().unwrap_or_else(PoisonError::into_inner);
        current.state.clone()
    }

    /// Puts `config` in force.
    pub fn replace(&self, config: Config) {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        current.config = Arc::new(config);
    }

    /// Notes what came of an attempt.
    pub fn note(&self, note: impl FnOnce(&mut ReloadState)) {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        note(&mut current.state);
    }
}
