//! Whether the configuration could be loaded the last time, and when it last could.

use std::sync::atomic::AtomicU64;
use std::time::SystemTime;

use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

/// The metrics of reloads; clones share them.
#[derive(Clone, Debug)]
pub struct ReloadMetrics {
    /// Everything.
    pub config: LoadMetrics,
    /// The override file alone.
    pub override_file: LoadMetrics,
}

/// What is counted of one thing that is loaded.
#[derive(Clone, Debug)]
pub struct LoadMetrics {
    successful: Gauge,
    succeeded: Gauge<f64, AtomicU64>,
}

impl ReloadMetrics {
    /// Adds the metrics to `registry`, which must add no prefix.
    pub fn register(&self, registry: &mut Registry) {
        self.config.register(registry, "spangraph_config");
        self.override_file.register(registry, "spangraph_override_file");
    }
}

/// All was loaded now, when the server starts.
impl Default for ReloadMetrics {
    fn default() -> Self {
        Self {
            config: LoadMetrics::loaded_now(),
            override_file: LoadMetrics::loaded_now(),
        }
    }
}

impl LoadMetrics {
    /// Notes what came of an attempt.
    pub fn note(&self, successful: bool) {
        self.successful.set(i64::from(successful));
        if successful {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            self.succeeded.set(since.unwrap_or_default().as_secs_f64());
        }
    }

    fn loaded_now() -> Self {
        let metrics = Self {
            successful: Gauge::default(),
            succeeded: Gauge::default(),
        };
        metrics.note(true);
        metrics
    }

    fn register(&self, registry: &mut Registry, prefix: &str) {
        registry.register(
            format!("{prefix}_last_reload_successful"),
            "Whether the last attempt to load it was successful",
            self.successful.clone(),
        );
        registry.register_with_unit(
            format!("{prefix}_last_reload_success_timestamp"),
            "When it was last loaded with success, since the Unix epoch",
            Unit::Seconds,
            self.succeeded.clone(),
        );
    }
}
