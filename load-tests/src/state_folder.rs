//! A folder in which servers keep their state, one after the other, and what is in it between two of them.

use std::path::{Path, PathBuf};

use anyhow::ensure;
use clap::ValueEnum;
use serde::Serialize;
use serde_json::{Value, json};
use spangraph_storage::disk::SystemDisk;
use spangraph_storage::epochs::{Condition, inspect};
use spangraph_storage::lock::FolderLock;
use tempfile::TempDir;

use crate::process::{ServerOptions, lay_over};

/// What outlives the process, as `spangraph.durability.mode` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Nothing.
    None,
    /// All up to the last epoch.
    Epochs,
    /// All that was answered.
    Log,
}

/// A folder that is removed when this is let go.
#[derive(Debug)]
pub(crate) struct StateFolder {
    folder: TempDir,
}

/// How often a server keeps its state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Seconds from one collection to the next; each is an epoch.
    pub(crate) collection_interval: f64,
    /// The most seconds between two epochs.
    pub(crate) epoch_interval: f64,
}

impl StateFolder {
    /// An empty folder in `parent`; without one, where temporary files lie.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn new(parent: Option<&PathBuf>) -> anyhow::Result<Self> {
        const PREFIX: &str = "spangraph-load-state-";
        Ok(Self {
            folder: match parent {
                Some(parent) => TempDir::with_prefix_in(PREFIX, parent)?,
                None => TempDir::with_prefix(PREFIX)?,
            },
        })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// `options` of a server that keeps its state here by `mode`, and writes its samples to the endpoint at `url`.
    pub(crate) fn server(&self, options: &ServerOptions, mode: Mode, pace: Pace, url: &str) -> ServerOptions {
        let mut settings = self.settings(mode, pace, url);
        if let Some(over) = &options.settings {
            lay_over(&mut settings, over);
        }
        ServerOptions {
            settings: Some(settings),
            ..options.clone()
        }
    }

    fn settings(&self, mode: Mode, pace: Pace, url: &str) -> Value {
        let interval = |seconds: f64| format!("{seconds}s");
        // Room for several collections without durable state: what is measured is not how a queue overflows.
        let endpoint = json!({ "url": url, "queue_config": { "capacity": 100_000 } });
        json!({
            "metrics_generator": { "storage": { "remote_write": [endpoint] } },
            "overrides": { "defaults": { "metrics_generator": {
                "collection_interval": interval(pace.collection_interval),
            } } },
            "spangraph": {
                "durability": {
                    "mode": mode,
                    "path": self.folder.path(),
                    "interval": interval(pace.epoch_interval),
                },
                // Servers that follow each other write the same series.
                "instance_label": { "enabled": false },
            },
        })
    }

    /// What is in it, while no server uses it.
    ///
    /// # Errors
    /// When a server uses it, or something in it is damaged.
    pub(crate) fn condition(&self) -> anyhow::Result<Condition> {
        let _lock = FolderLock::take(self.folder.path())?;
        let condition = inspect(&SystemDisk, self.folder.path())?;
        ensure!(
            condition.losses.is_empty(),
            "state is damaged: {:?}",
            condition.losses
        );
        Ok(condition)
    }
}
