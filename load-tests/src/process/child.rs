//! A child process that is ended when it is let go.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::ValueEnum;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

use crate::floor::{FloorMode, FloorTransport};

/// What a floor receiver prints before its address.
pub const LISTENING: &str = "listening on ";

/// A running child.
#[derive(Debug)]
pub struct Child {
    child: tokio::process::Child,
    pid: u32,
}

impl Child {
    /// Starts `command`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn spawn(command: &mut Command) -> anyhow::Result<Self> {
        let program = command.as_std().get_program().to_owned();
        let child = command.stdin(Stdio::null()).kill_on_drop(true).spawn();
        let child = child.with_context(|| format!("cannot start {}", program.display()))?;
        let pid = child.id().context("the child ended at once")?;
        Ok(Self { child, pid })
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Fails when it has ended.
    ///
    /// # Errors
    /// When it has ended, or nobody can tell.
    pub fn check_running(&mut self) -> anyhow::Result<()> {
        let ended = self.child.try_wait()?;
        ensure!(ended.is_none(), "process {} ended: {ended:?}", self.pid);
        Ok(())
    }

    /// Ends it as a power failure would, and waits until it is gone.
    ///
    /// # Errors
    /// When it had ended before.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        self.check_running()?;
        Ok(self.child.kill().await?)
    }

    /// Asks it to read its configuration again.
    ///
    /// # Errors
    /// When it has ended.
    pub fn hang_up(&self) -> anyhow::Result<()> {
        self.signal(Signal::HUP)
    }

    /// Asks it to stop, and waits until it has.
    ///
    /// # Errors
    /// When it had ended before, does not end within `patience`, or ends otherwise than with success.
    pub async fn stop(&mut self, patience: Duration) -> anyhow::Result<()> {
        self.check_running()?;
        self.signal(Signal::TERM)?;
        let ended = timeout(patience, self.child.wait()).await;
        let status = ended.context("the process does not stop")??;
        ensure!(status.success(), "process {} ended with {status}", self.pid);
        Ok(())
    }

    fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let pid = Pid::from_raw(i32::try_from(self.pid)?).context("no process has this id")?;
        Ok(kill_process(pid, signal)?)
    }
}

/// Starts this program as a floor receiver, and gives its address.
///
/// # Errors
/// When it does not come up.
pub async fn spawn_floor(mode: FloorMode, transport: FloorTransport) -> anyhow::Result<(Child, SocketAddr)> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args([
        "floor",
        "--mode",
        &written(&mode),
        "--transport",
        &written(&transport),
    ]);
    let mut child = Child::spawn(command.stdout(Stdio::piped()))?;
    let output = child
        .child
        .stdout
        .take()
        .context("the floor receiver has no output")?;
    let mut lines = BufReader::new(output).lines();
    let line = lines
        .next_line()
        .await?
        .context("the floor receiver ended at once")?;
    let address = line
        .strip_prefix(LISTENING)
        .context("the floor receiver says something else")?;
    Ok((child, address.parse()?))
}

/// How the command line writes `value`.
fn written(value: &impl ValueEnum) -> String {
    value
        .to_possible_value()
        .map(|value| value.get_name().to_owned())
        .unwrap_or_default()
}
