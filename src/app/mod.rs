//! The running server: its parts are started from the tail to the head, and stopped the other way.

mod announcement;
mod parts;
mod signals;
mod stop;

use std::time::Duration;

use actix_rt::Arbiter;
use spangraph_actors::lifeline::Lifelines;
use spangraph_config::Config;

use self::parts::Parts;
use self::signals::{Signals, StopReason};
use crate::demo::{self, Demo};

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
pub async fn serve(config: Config, with_demo: bool) -> anyhow::Result<Ended> {
    let (lifelines, mut deaths) = Lifelines::new();
    let mut signals = Signals::listen()?;
    let mut parts = Parts::start(config, lifelines)?;
    announcement::print(&parts.addresses(), with_demo);
    let demo = with_demo.then(|| start_demo(&parts)).transpose()?;
    let reason = tokio::select! {
        reason = signals.stop() => reason,
        Some(death) = deaths.recv() => StopReason::Died(death),
    };
    tracing::info!(%reason, "stopping");
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
