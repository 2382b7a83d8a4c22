//! Other receivers that are started and measured likewise.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Stdio;
use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::process::Child;

/// How long a peer may take to listen.
const START: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// How a peer is started: `NAME=COMMAND,PORT`. There is no shell: the command's words are parted by spaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerCommand {
    /// What it is called in the table.
    pub name: String,
    /// The program and its arguments; never empty.
    pub words: Vec<String>,
    /// Where it takes OTLP by gRPC, on loopback.
    pub port: u16,
}

/// A running peer; it is ended when this is let go.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) name: String,
    pub(super) address: SocketAddr,
    pub(super) child: Child,
}

impl FromStr for PeerCommand {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, rest) = text.split_once('=').ok_or("has no = after its name")?;
        let (command, port) = rest.rsplit_once(',').ok_or("has no port after its command")?;
        let words: Vec<_> = command.split_whitespace().map(str::to_owned).collect();
        if name.is_empty() || words.is_empty() {
            return Err("has no name or no command".to_owned());
        }
        Ok(Self {
            name: name.to_owned(),
            words,
            port: port.parse().map_err(|_| format!("{port} is no port"))?,
        })
    }
}

impl Peer {
    /// Starts it, and waits until it listens.
    ///
    /// # Errors
    /// When it cannot be started, ends, or does not listen in time; or when something listens there already.
    pub(super) async fn start(peer: &PeerCommand) -> anyhow::Result<Self> {
        let PeerCommand { name, words, port } = peer;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, *port));
        let is_taken = TcpStream::connect(address).await.is_ok();
        ensure!(!is_taken, "peer {name}: something listens at {address} already");
        let (program, arguments) = words.split_first().context("a peer has no command")?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = Child::spawn(&mut command)?;
        let began = Instant::now();
        while TcpStream::connect(address).await.is_err() {
            child.check_running().with_context(|| format!("peer {name}"))?;
            ensure!(
                began.elapsed() < START,
                "peer {name} does not listen at {address}"
            );
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(Self {
            name: name.clone(),
            address,
            child,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_a_name_a_command_and_a_port() {
        let peer: PeerCommand = "collector=otelcol --config a=b,c.yaml,4317".parse().unwrap();
        assert_eq!((peer.name.as_str(), peer.port), ("collector", 4317));
        assert_eq!(peer.words, ["otelcol", "--config", "a=b,c.yaml"]);
        for flawed in [
            "collector",
            "collector=otelcol",
            "=otelcol,1",
            "a=,1",
            "a=b,70000",
        ] {
            assert!(flawed.parse::<PeerCommand>().is_err(), "{flawed}");
        }
    }

    #[tokio::test]
    async fn a_peer_that_ends_at_once_is_named() {
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let peer = format!("short=true,{port}").parse().unwrap();
        let error = format!("{:#}", Peer::start(&peer).await.unwrap_err());
        assert!(error.contains("peer short"), "{error}");
    }
}
