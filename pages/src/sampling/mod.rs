//! What the pages know of the last two minutes: one reading a second of counters and gauges. No actor is asked.

mod process;
mod reading;
mod ring;
mod slices;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix_rt::task::JoinHandle;
use spangraph_actors::pipeline::{PipelineTotals, PipelineView};
use tokio::time::{MissedTickBehavior, interval};

use process::ProcessMeter;
pub use process::ProcessReading;
pub use reading::Reading;
use ring::Ring;
pub use ring::Window;
use slices::Slices;
pub use slices::{ActorView, Slice, TenantView};
use spangraph_serving::receiver_metrics::ReceiverMetrics;

/// How often a reading is taken.
const PERIOD: Duration = Duration::from_secs(1);

/// What readings are taken of.
pub struct Sources {
    /// The pipeline, whose counters are read.
    pub pipeline: PipelineView,
    /// What the receivers refuse.
    pub receivers: ReceiverMetrics,
}

/// The readings of the last two minutes.
pub struct History {
    sources: Sources,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    ring: Ring,
    slices: Slices,
}

/// The task that takes the readings; it ends when this is dropped.
pub struct Sampling(JoinHandle<()>);

impl History {
    /// The readings of the last `length`, at most two minutes.
    #[must_use]
    pub fn window(&self, length: Duration) -> Window {
        self.kept().ring.window(length)
    }

    /// Every actor now, with what it did in the last minute or so.
    #[must_use]
    pub fn actors(&self) -> Vec<ActorView> {
        let (actors, now) = (self.sources.pipeline.actors(), Instant::now());
        self.kept().slices.actors(actors, now)
    }

    /// Every tenant now, with what came in the last minute or so.
    #[must_use]
    pub fn tenants(&self) -> Vec<TenantView> {
        let (tenants, now) = (self.tenant_totals(), Instant::now());
        self.kept().slices.tenants(tenants, now)
    }

    fn take(&self, process: &mut ProcessMeter) {
        let reading = Reading {
            at: Instant::now(),
            totals: self.sources.pipeline.totals(),
            gate: self.sources.pipeline.gate().0,
            refused: reading::refused(&self.sources.receivers),
            process: process.read(),
        };
        let is_slice_due = self.kept().slices.is_due(reading.at);
        let slice = is_slice_due.then(|| Slice {
            at: reading.at,
            actors: self.sources.pipeline.actors(),
            tenants: self.tenant_totals(),
        });
        let mut kept = self.kept();
        kept.ring.push(reading);
        if let Some(slice) = slice {
            kept.slices.push(slice);
        }
    }

    fn tenant_totals(&self) -> Vec<(spangraph_config::TenantId, PipelineTotals)> {
        let tenants = self.sources.pipeline.tenants();
        tenants
            .iter()
            .map(|tenant| (tenant.profile.id.clone(), tenant.totals()))
            .collect()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a first reading of `sources`, and one a second from now on; to be called within an actix system.
#[must_use]
pub fn start(sources: Sources) -> (Arc<History>, Sampling) {
    let history = Arc::new(History {
        sources,
        kept: Mutex::default(),
    });
    let mut process = ProcessMeter::new();
    history.take(&mut process);
    let task = actix_rt::spawn({
        let history = Arc::clone(&history);
        async move {
            let mut seconds = interval(PERIOD);
            seconds.set_missed_tick_behavior(MissedTickBehavior::Skip);
            // The first tick comes at once, and its reading was taken.
            seconds.tick().await;
            loop {
                seconds.tick().await;
                history.take(&mut process);
            }
        }
    });
    (history, Sampling(task))
}

impl Drop for Sampling {
    fn drop(&mut self) {
        self.0.abort();
    }
}
