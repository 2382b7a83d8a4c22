//! The running server: its parts are started from the tail to the head, and stopped the other way.

mod announcement;
mod deadlines;
mod foundation;
mod metrics;
mod parts;
mod signals;
mod state;
mod stop;
mod threads;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use spangraph_actors::pipeline::NamedArbiter;
use spangraph_actors::supervision::{Death, Lifelines};
use spangraph_pages::loading::{ReloadHandle, Trigger};
use tokio::sync::mpsc::UnboundedReceiver;

use self::deadlines::StopDeadlines;
use self::parts::Parts;
use self::signals::StopReason;
pub use self::signals::{Hangups, survive_large_files};
use self::watch::{Stage, Watch};
use crate::configuration::Loaded;
use crate::demo::{self, Demo};

/// What the server is started with.
pub struct Start {
    /// The configuration.
    pub loaded: Loaded,
    /// The file that it is from, to be loaded again.
    pub file: Option<PathBuf>,
    /// What asks for the configuration to be loaded again.
    pub hangups: Hangups,
    /// Whether the demo sends.
    pub with_demo: bool,
}

/// How the server ended, and the threads that are still to be joined.
pub struct Ended {
    cleanly: bool,
    arbiters: Vec<NamedArbiter>,
    deadline: Instant,
    stage: Arc<Stage>,
}

/// What a stop may come from.
struct UntilStop {
    watch: Watch,
    deaths: UnboundedReceiver<Death>,
}

/// How long threads may take to end once their actors have: nothing is left to do.
const THREADS_END: Duration = Duration::from_secs(5);

/// Serves until a signal, or until an actor dies; to be called within an actix system.
///
/// # Errors
/// When an address cannot be listened on.
pub async fn serve(start: Start) -> anyhow::Result<Ended> {
    let Start {
        loaded,
        file,
        hangups,
        with_demo,
    } = start;
    let (lifelines, deaths) = Lifelines::new();
    let watch = Watch::start()?;
    let mut parts = Box::pin(Parts::start(loaded, file, lifelines)).await?;
    watch.look_at(parts.watched());
    let reloads = actix_rt::spawn(reload_on_hangup(hangups, parts.reload_handle()));
    let mut until_stop = UntilStop { watch, deaths };
    let reason = run(&mut parts, &mut until_stop, with_demo).await?;
    let UntilStop { mut watch, .. } = until_stop;
    watch.begin();
    tracing::info!(%reason, "stopping");
    reloads.abort();
    let stage = watch.stage();
    let deadlines = StopDeadlines::new(Instant::now(), stage.limit());
    let flushed = parts.drain(&deadlines, &stage).await;
    Ok(Ended {
        cleanly: flushed && !matches!(reason, StopReason::Died(_)),
        arbiters: parts.into_arbiters(),
        deadline: deadlines.ended,
        stage,
    })
}

impl Ended {
    /// Ends the actors' threads, outside of any future; whether everything that was accepted was written, and nothing broke.
    #[must_use]
    pub fn join(self) -> bool {
        self.stage.enter("threads");
        let deadline = self.deadline.min(Instant::now() + THREADS_END);
        let cleanly = threads::join(self.arbiters, deadline) && self.cleanly;
        tracing::info!(cleanly, "stopped");
        cleanly
    }
}

/// Applies what an earlier process left, takes spans, and has the demo send some, until a stop; why it stops.
async fn run(parts: &mut Parts, until_stop: &mut UntilStop, with_demo: bool) -> anyhow::Result<StopReason> {
    tokio::select! {
        () = parts.replay() => {}
        reason = until_stop.reason() => return Ok(reason),
    }
    parts.open()?;
    announcement::print(&parts.addresses(), with_demo);
    let demo = with_demo.then(|| start_demo(parts)).transpose()?;
    let reason = until_stop.reason().await;
    if let Some(demo) = demo {
        demo.abort();
    }
    Ok(reason)
}

impl UntilStop {
    /// Waits for a signal, or for an actor to die.
    async fn reason(&mut self) -> StopReason {
        tokio::select! {
            reason = self.watch.asked() => reason,
            Some(death) = self.deaths.recv() => StopReason::Died(death),
        }
    }
}

/// SIGHUP loads the configuration again.
async fn reload_on_hangup(mut hangups: Hangups, reload: ReloadHandle) {
    while hangups.next().await {
        let _ = reload.reload(Trigger::Signal).await;
    }
}

fn start_demo(parts: &Parts) -> anyhow::Result<actix_rt::task::JoinHandle<()>> {
    let address = parts.demo_address().ok_or_else(|| {
        anyhow::anyhow!("the demo needs the OTLP gRPC receiver, without TLS and authentication")
    })?;
    let endpoint = format!("http://{}", announcement::reachable(address));
    let demo = Demo {
        tenant: parts.demo_tenant(),
        ..Demo::new(endpoint)
    };
    Ok(actix_rt::spawn(async move {
        if let Err(error) = demo::run(demo, std::future::pending()).await {
            tracing::error!(%error, "the demo does not run");
        }
    }))
}

/// How long the pages go on being served while the rest stops.
const PAGES_STOP: Duration = Duration::from_secs(1);
