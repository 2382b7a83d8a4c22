//! Looks at a server again and again: how long each epoch took and held requests, and what it held itself.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use spangraph_test_support::exposition::Scrape;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::drive::get;
use crate::process::{Server, Usage};

/// Memory and the folder are looked at so often.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// Metrics are read each so many times that memory is; epochs are further apart.
const METRICS_EACH: u64 = 20;

/// Watches a server until it is told to stop.
#[derive(Debug)]
pub(super) struct EpochWatch {
    stop: oneshot::Sender<()>,
    watching: JoinHandle<anyhow::Result<Watched>>,
}

/// What was seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Watched {
    /// How long each epoch took from its cut until it was on the disk.
    pub(super) keep: Timings,
    /// How long requests were held for each cut.
    pub(super) pause: Timings,
    /// Cuts that were due and could not be made at once.
    pub(super) missed: f64,
    /// Epochs that could not be written.
    pub(super) failed: f64,
    /// The bytes of all files in the folder, each time that it was looked at: those of an epoch that is being written too.
    pub(super) folder_bytes: Vec<f64>,
    /// The most memory that was held.
    pub(super) most_rss_bytes: u64,
}

/// What a histogram of seconds counted, one by one.
#[derive(Clone, Debug, Default)]
pub(super) struct Timings {
    seen: Option<(f64, f64)>,
    seconds: Vec<f64>,
}

impl EpochWatch {
    /// Begins to watch `server`, which keeps its state in `folder`.
    pub(super) fn start(server: &Server, folder: &Path) -> Self {
        let (stop, stopped) = oneshot::channel();
        let watched = Looked {
            pages: server.pages().to_owned(),
            pid: server.pid(),
            folder: folder.to_owned(),
        };
        Self {
            stop,
            watching: tokio::spawn(watch(watched, stopped)),
        }
    }

    /// Ends, and gives what was seen.
    ///
    /// # Errors
    /// When the server ended meanwhile, or its metrics cannot be read.
    pub(super) async fn finish(self) -> anyhow::Result<Watched> {
        drop(self.stop);
        self.watching.await?
    }
}

/// What is looked at.
#[derive(Debug)]
struct Looked {
    pages: String,
    pid: u32,
    folder: PathBuf,
}

async fn watch(at: Looked, mut stopped: oneshot::Receiver<()>) -> anyhow::Result<Watched> {
    let mut watched = Watched::default();
    for turn in 0_u64.. {
        let is_last = tokio::time::timeout(LOOK_AGAIN, &mut stopped).await.is_ok();
        watched.most_rss_bytes = watched.most_rss_bytes.max(Usage::of(at.pid)?.rss_bytes);
        watched.folder_bytes.push(bytes_in(&at.folder)? as f64);
        if is_last || turn % METRICS_EACH == 0 {
            watched.note(&Scrape::parse(&get(&at.pages, "/metrics").await?)?);
        }
        if is_last {
            break;
        }
    }
    Ok(watched)
}

impl Watched {
    fn note(&mut self, metrics: &Scrape) {
        self.keep.note(metrics, "spangraph_epoch_keep_seconds");
        self.pause.note(metrics, "spangraph_epoch_pause_seconds");
        self.missed = metrics.sum("spangraph_epoch_cuts_missed_total", &[]);
        self.failed = metrics.sum("spangraph_epochs_failed_total", &[]);
    }
}

/// The bytes of all files in `folder`; one that is removed meanwhile has none.
fn bytes_in(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        bytes += match entry?.metadata() {
            Ok(metadata) if metadata.is_file() => metadata.len(),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => 0,
        };
    }
    Ok(bytes)
}

impl Timings {
    /// What came between two looks is known by its mean, which is itself when it is one.
    fn note(&mut self, metrics: &Scrape, histogram: &str) {
        let read = |part: &str| metrics.sum(&format!("{histogram}_{part}"), &[]);
        let (count, sum) = (read("count"), read("sum"));
        if let Some((seen_count, seen_sum)) = self.seen.replace((count, sum)) {
            let mean = (sum - seen_sum) / (count - seen_count);
            let mut counted = seen_count;
            while counted < count {
                self.seconds.push(mean);
                counted += 1.0;
            }
        }
    }

    /// Each of them, in seconds.
    pub(super) fn seconds(&self) -> &[f64] {
        &self.seconds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_histogram_counts_between_two_looks_is_told_one_by_one() {
        let mut timings = Timings::default();
        for (count, sum) in [(2, 9.0), (3, 9.5), (3, 9.5), (5, 11.5)] {
            let page = format!("keep_count {count}\nkeep_sum {sum}\n");
            timings.note(&Scrape::parse(&page).unwrap(), "keep");
        }
        assert_eq!(timings.seconds(), [0.5, 1.0, 1.0]);
    }
}
