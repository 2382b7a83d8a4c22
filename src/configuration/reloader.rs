//! Loads the configuration again: on SIGHUP, on request, and the override file when it has changed.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::metrics::{LoadMetrics, ReloadMetrics};
use actix_rt::task::spawn_blocking;
use actix_rt::time::timeout;
use spangraph_actors::pipeline::Reconfigurer;
use spangraph_config::{Config, ServerSettings};
use spangraph_pages::loading::{Attempt, LiveConfig, ReloadHandle, ReloadRequest, Trigger};
use spangraph_pages::scrapes::unix_milliseconds;
use tokio::sync::mpsc;

use super::load::{self, Loaded};
use super::restart;
use crate::error_text;

/// The one who loads; attempts follow one another.
pub struct Reloader {
    parts: ReloaderParts,
    started: ServerSettings,
    loaded: Loaded,
    /// What the override file was like when it was last looked at, or why it could not be read.
    seen: Result<String, String>,
    requests: mpsc::Receiver<ReloadRequest>,
}

/// What a reloader is given.
pub struct ReloaderParts {
    /// The main file; none when the server runs on defaults.
    pub file: Option<PathBuf>,
    /// What is in force.
    pub live: Arc<LiveConfig>,
    /// Brings changed settings to tenants.
    pub reconfigurer: Reconfigurer,
    /// Where it counts.
    pub metrics: ReloadMetrics,
}

/// How often a process that rereads nothing looks whether that has changed.
const UNHURRIED: Duration = Duration::from_secs(60);

impl Reloader {
    /// A reloader of a server that was started with `loaded`, and the handle that asks it.
    #[must_use]
    pub fn new(loaded: Loaded, parts: ReloaderParts) -> (Self, ReloadHandle) {
        let (handle, requests) = ReloadHandle::new();
        let reloader = Self {
            parts,
            started: loaded.config.server(),
            seen: Ok(loaded.overrides.clone().unwrap_or_default()),
            loaded,
            requests,
        };
        (reloader, handle)
    }

    /// Serves until no handle is left; to be spawned within an actix system.
    pub async fn run(mut self) {
        loop {
            let period = self.loaded.config.override_period().unwrap_or(UNHURRIED);
            match timeout(period, self.requests.recv()).await {
                Ok(Some(request)) => {
                    // It holds whole configurations while it waits, so it stands on the heap.
                    let attempt = Box::pin(self.reload(request.trigger)).await;
                    // The one who asked may have gone.
                    let _ = request.answer.send(attempt);
                }
                Ok(None) => return,
                Err(_) => self.reread_overrides().await,
            }
        }
    }

    async fn reload(&mut self, trigger: Trigger) -> Attempt {
        let (file, environment) = (self.parts.file.clone(), self.loaded.config.environment().clone());
        let read = blocking(move || load::read(file.as_deref(), environment)).await;
        let attempt = match read {
            Ok(loaded) => {
                self.seen = Ok(loaded.overrides.clone().unwrap_or_default());
                self.take(loaded, trigger).await
            }
            Err(error) => failed(trigger, &error),
        };
        self.parts.live.note(|state| {
            if attempt.error.is_none() {
                state.loaded_unix_milliseconds = attempt.unix_milliseconds;
                // What was wrong with the override file before is over.
                state.last_override_file = None;
            }
            state.last_reload = Some(attempt.clone());
        });
        if attempt.error.is_none() {
            self.parts.metrics.override_file.note(true);
        }
        tell("configuration", &attempt, &self.parts.metrics.config);
        attempt
    }

    /// Looks at the override file, and loads it when it is another one than it was.
    async fn reread_overrides(&mut self) {
        let config = &self.loaded.config;
        let Some(file) = config.override_file().map(PathBuf::from) else {
            return;
        };
        if config.override_period().is_none() {
            return;
        }
        let read = blocking(move || load::read_overrides(&file)).await;
        let seen = read.map_err(|error| error_text::told(&error));
        if seen == self.seen {
            return;
        }
        self.seen.clone_from(&seen);
        let attempt = match seen {
            Ok(text) => self.take_overrides(text).await,
            Err(reason) => failed(Trigger::OverrideFile, &anyhow::Error::msg(reason)),
        };
        self.parts
            .live
            .note(|state| state.last_override_file = Some(attempt.clone()));
        tell("override file", &attempt, &self.parts.metrics.override_file);
    }

    async fn take_overrides(&mut self, text: String) -> Attempt {
        let loaded = self.loaded.clone();
        match blocking(move || loaded.with_overrides(text)).await {
            Ok(loaded) => self.take(loaded, Trigger::OverrideFile).await,
            Err(error) => failed(Trigger::OverrideFile, &error),
        }
    }

    /// Puts `loaded`, which was checked, in force.
    async fn take(&mut self, loaded: Loaded, trigger: Trigger) -> Attempt {
        for notice in loaded.config.notices() {
            if !self.loaded.config.notices().contains(notice) {
                tracing::warn!(notice, "configuration");
            }
        }
        tell_of_lost_entries(&self.loaded.config, &loaded.config);
        self.parts.live.replace(loaded.config.clone());
        self.parts.reconfigurer.renew_tls(&loaded.tls_clients);
        self.loaded = loaded;
        let tenants_changed = self.parts.reconfigurer.apply().await;
        Attempt {
            unix_milliseconds: unix_milliseconds(SystemTime::now()),
            trigger,
            error: None,
            tenants_changed,
            needs_restart: restart::needed_for(&self.started, &self.loaded.config.server()),
        }
    }
}

/// Reads files and checks them where that holds up nobody.
async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    spawn_blocking(read).await?
}

fn failed(trigger: Trigger, error: &anyhow::Error) -> Attempt {
    Attempt {
        unix_milliseconds: unix_milliseconds(SystemTime::now()),
        trigger,
        error: Some(error_text::told(error)),
        tenants_changed: 0,
        needs_restart: Vec::new(),
    }
}

/// A file that is cut short while it is written, or rendered from nothing, is as right as one from which all was taken.
fn tell_of_lost_entries(before: &Config, now: &Config) {
    let removed = before.override_entries();
    if removed > 0 && now.override_entries() == 0 {
        tracing::warn!(
            removed,
            "no tenant has an entry in the override file any more, all have overrides.defaults"
        );
    }
}

fn tell(what: &str, attempt: &Attempt, metrics: &LoadMetrics) {
    metrics.note(attempt.error.is_none());
    let trigger = attempt.trigger;
    match &attempt.error {
        None => tracing::info!(%trigger, result = %attempt, "{what} loaded again"),
        Some(error) => tracing::error!(%trigger, error, "{what} cannot be loaded, what was in force stays"),
    }
}
