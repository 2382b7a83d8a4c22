//! The thread that hears SIGTERM and SIGINT, and that ends the process when its stop takes too long, whatever the others do.

use std::io;
use std::process::exit;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use spangraph_actors::pipeline::PipelineView;
use spangraph_pages::loading::LiveConfig;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use super::deadlines;
use super::signals::{Signals, StopReason};

/// The status after a second signal, as that of a process that SIGINT ended.
const INTERRUPTED: i32 = 130;

/// The status when the stop did not end by its deadline.
const LATE: i32 = 1;

/// How long the last line may take: whoever reads the log may hang too.
const LAST_LINE: Duration = Duration::from_secs(1);

/// Hears signals from the start on, and sees to it that a stop ends.
pub struct Watch {
    asked: oneshot::Receiver<StopReason>,
    died: Option<oneshot::Sender<()>>,
    stage: Arc<Stage>,
}

/// What the watching thread can see of the others without waiting for any of them.
#[derive(Default)]
pub struct Stage {
    server: OnceLock<Watched>,
    step: Mutex<&'static str>,
}

/// The running server, as far as it is watched.
pub struct Watched {
    /// The configuration in force.
    pub live: Arc<LiveConfig>,
    /// The actors.
    pub pipeline: PipelineView,
}

impl Watch {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives no thread, or refuses to tell of signals.
    pub fn start() -> anyhow::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.context("cannot listen for signals")?;
        let signals = {
            let _context = runtime.enter();
            Signals::listen()?
        };
        let stage = Arc::new(Stage::default());
        let (ask, asked) = oneshot::channel();
        let (died, dies) = oneshot::channel();
        let watching = watch(signals, Begin { ask, dies }, Arc::clone(&stage));
        spawn(runtime, watching).context("cannot start the thread that hears signals")?;
        Ok(Self {
            asked,
            died: Some(died),
            stage,
        })
    }

    /// Looks at `server` from now on.
    pub fn look_at(&self, server: Watched) {
        // It is set once, by the one who started the server.
        let _ = self.stage.server.set(server);
    }

    /// Waits until the process is asked to stop.
    pub async fn asked(&mut self) -> StopReason {
        match (&mut self.asked).await {
            Ok(reason) => reason,
            Err(_) => std::future::pending().await,
        }
    }

    /// The stop begins without a signal; its time runs from now on.
    pub fn begin(&mut self) {
        if let Some(died) = self.died.take() {
            let _ = died.send(());
        }
    }

    /// Where the stop tells how far it is.
    #[must_use]
    pub fn stage(&self) -> Arc<Stage> {
        Arc::clone(&self.stage)
    }
}

impl Stage {
    /// The step that begins now.
    pub fn enter(&self, step: &'static str) {
        *self.step.lock().unwrap_or_else(PoisonError::into_inner) = step;
    }

    /// The most that the stop may take.
    #[must_use]
    pub fn limit(&self) -> Duration {
        match self.server.get() {
            Some(server) => deadlines::limit(&server.live.config()),
            None => Duration::from_secs(30),
        }
    }

    /// Tells of the actors that do not come to the end of a message.
    pub fn log_stuck(&self) {
        let Some(server) = self.server.get() else { return };
        let lost = self.what_is_lost();
        for stuck in server.pipeline.stuck_actors() {
            let (actor, seconds) = (&stuck.name, stuck.under_way.as_secs());
            tracing::error!(%actor, seconds, lost, "an actor has not come to the end of a message");
        }
    }

    /// What is lost when the process ends before its stop has.
    fn what_is_lost(&self) -> &'static str {
        let pipeline = self.server.get().map(|server| &server.pipeline);
        if pipeline.is_some_and(|pipeline| pipeline.span_log().is_some()) {
            "nothing that was answered"
        } else if pipeline.is_some_and(|pipeline| pipeline.epochs().is_some()) {
            "what came since the last epoch"
        } else {
            "what was not written"
        }
    }
}

/// What begins a stop.
struct Begin {
    /// Where a signal is told.
    ask: oneshot::Sender<StopReason>,
    /// Tells of a stop without a signal.
    dies: oneshot::Receiver<()>,
}

async fn watch(mut signals: Signals, begin: Begin, stage: Arc<Stage>) {
    tokio::select! {
        reason = signals.stop() => drop(begin.ask.send(reason)),
        Ok(()) = begin.dies => {}
    }
    let limit = stage.limit();
    tokio::select! {
        () = signals.again() => leave(INTERRUPTED, move || {
            tracing::warn!(lost = stage.what_is_lost(), "second signal, leaving at once");
        }),
        () = tokio::time::sleep(limit) => leave(LATE, move || {
            let step = *stage.step.lock().unwrap_or_else(PoisonError::into_inner);
            let lost = stage.what_is_lost();
            tracing::error!(step, ?limit, lost, "the stop did not end by its deadline, leaving");
            stage.log_stuck();
        }),
    }
}

fn leave(status: i32, last_line: impl FnOnce() + Send + 'static) -> ! {
    let (tell, told) = mpsc::channel();
    let speaking = thread::Builder::new().spawn(move || {
        last_line();
        let _ = tell.send(());
    });
    if speaking.is_ok() {
        let _ = told.recv_timeout(LAST_LINE);
    }
    exit(status)
}

fn spawn(runtime: Runtime, watching: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
    let watch = move || runtime.block_on(watching);
    // It runs until the process ends.
    thread::Builder::new()
        .name("watch".to_owned())
        .spawn(watch)
        .map(|_| ())
}
