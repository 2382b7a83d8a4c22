//! What is known of loading the configuration: when, at whose word, and what came of it.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use utoipa::ToSchema;

use crate::scrapes::unix_milliseconds;

/// When what is in force was loaded, and what came of the last attempts to load something else.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReloadState {
    /// When the main file in force was loaded.
    pub loaded_unix_milliseconds: u64,
    /// The last time that everything was to be loaded again; none since the start.
    pub last_reload: Option<Attempt>,
    /// The last time that the override file had changed; none since the start.
    pub last_override_file: Option<Attempt>,
}

/// One attempt to load something again.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Attempt {
    /// When it was.
    pub unix_milliseconds: u64,
    /// At whose word.
    pub trigger: Trigger,
    /// Why nothing was changed; none when it was.
    pub error: Option<String>,
    /// How many running tenants got other settings.
    pub tenants_changed: usize,
    /// Keys that have changed since the start and count only after a restart.
    pub needs_restart: Vec<&'static str>,
}

/// What asks for the configuration to be loaded again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// SIGHUP.
    Signal,
    /// `POST /-/reload`.
    Request,
    /// The override file has changed.
    OverrideFile,
}

impl ReloadState {
    /// Loaded now, for the first time.
    #[must_use]
    pub fn loaded_now() -> Self {
        Self {
            loaded_unix_milliseconds: unix_milliseconds(SystemTime::now()),
            last_reload: None,
            last_override_file: None,
        }
    }

    /// When the main file in force was loaded.
    #[must_use]
    pub fn loaded(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(self.loaded_unix_milliseconds)
    }

    /// The last attempts, with what each was to load.
    pub fn attempts(&self) -> impl Iterator<Item = (&'static str, &Attempt)> {
        let main = self.last_reload.iter().map(|attempt| ("reload", attempt));
        let overrides = self.last_override_file.iter();
        main.chain(overrides.map(|attempt| ("override file", attempt)))
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(error) = &self.error {
            return write!(formatter, "failed, what was in force stays: {error}");
        }
        write!(
            formatter,
            "done, running tenants changed: {}",
            self.tenants_changed
        )?;
        if !self.needs_restart.is_empty() {
            let keys = self.needs_restart.join(", ");
            write!(formatter, "; changed and in force after a restart only: {keys}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Trigger {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Signal => "SIGHUP",
            Self::Request => "POST /-/reload",
            Self::OverrideFile => "the override file has changed",
        })
    }
}
