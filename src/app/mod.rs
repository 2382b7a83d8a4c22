//! The running server: its parts are started from the tail to the head, and stopped the other way.

mod announcement;
mod parts;
mod signals;
mod stop;

use std::path::PathBuf;
use std::time::Duration;

use actix_rt::Arbiter;
use spangraph_actors::lifeline::Lifelines;

use self::parts::Parts;
use self::signals::{Hangups, Signals, StopReason};
use crate::configuration::{Loaded, ReloadHandle, Trigger};
use crate::demo::{self, Demo};

/// What the server is started with.
pub struct Start {
    /// The configuration.
    pub loaded: Loaded,
    /// The file that it is from, to be loaded again.
    pub file: Option<PathBuf>,
    /// Whether the demo sends.
    pub with_demo: bool,
}

/// How the server ended, and the threads that are still to be joined.
pub struct Ended {
    /// Everything that was accepted was written, and nothing broke.
    pub cleanly: bool,
    /// Threads of actors that have ended.
    pub arbiters: Vec<Arbiter>,
}

/// Serves until a signal, or until an actor dies; to be called within an actix system.
///
/// # Errors
/// When an address cannot be listened on.
pub async fn serve(start: Start) -> anyhow::Result<Ended> {
    let with_demo = start.with_demo;
    let (lifelines, mut deaths) = Lifelines::new();
    let mut signals = Signals::listen()?;
    let mut parts = Parts::start(start, lifelines)?;
    let reloads = actix_rt::spawn(reload_on_hangup(Hangups::listen()?, parts.reload_handle()));
    announcement::print(&parts.addresses(), with_demo);
    let demo = with_demo.then(|| start_demo(&parts)).transpose()?;
    let reason = tokio::select! {
        reason = signals.stop() => reason,
        Some(death) = deaths.recv() => StopReason::Died(death),
    };
    tracing::info!(%reason, "stopping");
    reloads.abort();
    if let Some(demo) = demo {
        demo.abort();
    }
    let flushed = tokio::select! {
        flushed = parts.drain() => flushed,
        () = signals.again() => leave_at_once(),
    };
    Ok(Ended {
        cleanly: flushed && !matches!(reason, StopReason::Died(_)),
        arbiters: parts.into_arbiters(),
    })
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

fn leave_at_once() -> ! {
    tracing::warn!("second signal, leaving at once; what was not written is lost");
    std::process::exit(130)
}
