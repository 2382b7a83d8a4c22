//! The signals that ask the server to stop, or to load its configuration again.

use std::fmt;

use anyhow::Context as _;
use rustix::process::Signal as Named;
use spangraph_actors::supervision::Death;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Why the server stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// It was asked to.
    Signal(&'static str),
    /// A part of the pipeline is gone, and running on would lose spans in silence.
    Died(Death),
}

/// SIGTERM and SIGINT, listened for from the start.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

/// SIGHUP, listened for from the start.
pub struct Hangups(Signal);

impl Hangups {
    /// Starts listening.
    ///
    /// # Errors
    /// When the system refuses it.
    pub fn listen() -> anyhow::Result<Self> {
        let hangup = signal(SignalKind::hangup()).context("cannot listen for signals")?;
        Ok(Self(hangup))
    }

    /// Waits for the next one; false when there will be none.
    pub async fn next(&mut self) -> bool {
        self.0.recv().await.is_some()
    }
}

/// Lets a write beyond the limit on the size of files (`ulimit -f`) fail as one to a full disk does, from now on until the
/// process ends. Without it SIGXFSZ ends the process.
///
/// # Errors
/// When the system refuses it.
pub fn survive_large_files() -> anyhow::Result<()> {
    let too_large = SignalKind::from_raw(Named::XFSZ.as_raw());
    // What handles the signal stays when nobody listens any more.
    let listening = signal(too_large).context("cannot listen for signals")?;
    drop(listening);
    Ok(())
}

impl Signals {
    /// Starts listening.
    ///
    /// # Errors
    /// When the system refuses it.
    pub fn listen() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next one.
    pub async fn stop(&mut self) -> StopReason {
        tokio::select! {
            _ = self.terminate.recv() => StopReason::Signal("SIGTERM"),
            _ = self.interrupt.recv() => StopReason::Signal("SIGINT"),
        }
    }

    /// Waits for one more.
    pub async fn again(&mut self) {
        let _ = self.stop().await;
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal(name) => formatter.write_str(name),
            Self::Died(death) => death.fmt(formatter),
        }
    }
}
