//! Looks at the files again and again, and puts new certificates in the place of old ones.

use std::sync::Weak;
use std::time::Duration;

use rustls::ServerConfig;
use spangraph_config::TlsServerSettings;
use tokio::time::{MissedTickBehavior, interval_at};

use super::material::{Material, TlsError};
use super::{Current, Renewal, TlsMetrics};
use crate::listener::Listener;

/// Knows what is in force, and what was refused last.
pub(super) struct Renewer {
    settings: TlsServerSettings,
    listener: Listener,
    in_force: Material,
    last_error: Option<String>,
    metrics: TlsMetrics,
}

impl Renewer {
    /// A renewer of `listener`, under `in_force` now.
    pub fn new(
        settings: TlsServerSettings,
        listener: Listener,
        in_force: Material,
        metrics: TlsMetrics,
    ) -> Self {
        Self {
            settings,
            listener,
            in_force,
            last_error: None,
            metrics,
        }
    }

    /// The new configuration when the files hold another one that can be used.
    ///
    /// What is wrong is told once, not each time.
    pub fn look(&mut self) -> Option<ServerConfig> {
        match self.changed() {
            Ok(None) => {
                self.last_error = None;
                None
            }
            Ok(Some((material, config))) => {
                self.in_force = material;
                self.last_error = None;
                self.metrics.count_renewal(self.listener, Renewal::Renewed);
                tracing::info!(listener = %self.listener, "certificates were renewed");
                Some(config)
            }
            Err(error) => {
                self.refuse(error.to_string());
                None
            }
        }
    }

    fn changed(&self) -> Result<Option<(Material, ServerConfig)>, TlsError> {
        let material = Material::read(&self.settings)?;
        if material == self.in_force {
            return Ok(None);
        }
        let config = material.server_config(&self.settings, self.listener)?;
        Ok(Some((material, config)))
    }

    fn refuse(&mut self, error: String) {
        if self.last_error.as_ref() != Some(&error) {
            self.metrics.count_renewal(self.listener, Renewal::Failed);
            tracing::error!(error, listener = %self.listener, "new certificates cannot be used, the old ones stay");
            self.last_error = Some(error);
        }
    }
}

/// Looks every `interval` for as long as somebody holds `current`.
pub(super) async fn run(mut renewer: Renewer, interval: Duration, current: Weak<Current>) {
    let mut ticks = interval_at(tokio::time::Instant::now() + interval, interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(current) = current.upgrade() else { return };
        let looked = tokio::task::spawn_blocking(move || (renewer.look(), renewer)).await;
        let Ok((config, back)) = looked else { return };
        renewer = back;
        if let Some(config) = config {
            current.set(config);
        }
    }
}
