//! The receivers that are measured: the server, floors that drop everything, and peers.

use super::options::RequestsOptions;
use super::peer::Peer;
use crate::drive::Transport;
use crate::floor::{FloorMode, FloorTransport};
use crate::process::{Child, Server, pin_process, spawn_floor};

/// What the server is called.
pub(super) const SERVER: &str = "spangraph";
/// What the floors are called.
pub(super) const FLOOR: &str = "floor";

/// All of them, running; they are ended when this is let go.
#[derive(Debug)]
pub(super) struct Receivers {
    server: Server,
    floors: [Floor; 2],
    peers: Vec<Peer>,
}

#[derive(Debug)]
struct Floor {
    transport: Transport,
    address: String,
    child: Child,
}

/// One of them, by one transport.
#[derive(Clone, Debug)]
pub(super) struct Receiver {
    pub(super) name: String,
    pub(super) pid: u32,
    pub(super) endpoint: String,
}

impl Receivers {
    /// Starts all, on the cores of the server.
    ///
    /// # Errors
    /// When one does not come up.
    pub(super) async fn start(options: &RequestsOptions) -> anyhow::Result<Self> {
        let receivers = Self {
            server: Server::start(&options.server).await?,
            floors: [
                Floor::start(Transport::Grpc, FloorTransport::Tonic).await?,
                Floor::start(Transport::Http, FloorTransport::Http).await?,
            ],
            peers: start_peers(options).await?,
        };
        let cores = &options.server.server_cores;
        if !cores.is_empty() {
            let floors = receivers.floors.iter().map(|floor| floor.child.pid());
            let peers = receivers.peers.iter().map(|peer| peer.child.pid());
            floors.chain(peers).try_for_each(|pid| pin_process(pid, cores))?;
        }
        Ok(receivers)
    }

    /// The server.
    pub(super) fn server(&self, transport: Transport) -> Receiver {
        Receiver {
            name: SERVER.to_owned(),
            pid: self.server.pid(),
            endpoint: self.server.receiver(transport).to_owned(),
        }
    }

    /// The floor of `transport`.
    pub(super) fn floor(&self, transport: Transport) -> Option<Receiver> {
        let mut floors = self.floors.iter();
        let floor = floors.find(|floor| floor.transport == transport)?;
        Some(Receiver {
            name: FLOOR.to_owned(),
            pid: floor.child.pid(),
            endpoint: floor.address.clone(),
        })
    }

    /// The server, the floor, and the peers that know `transport`.
    pub(super) fn by(&self, transport: Transport) -> Vec<Receiver> {
        let peers = self.peers.iter().filter(|_| transport == Transport::Grpc);
        let peers = peers.map(|peer| Receiver {
            name: peer.name.clone(),
            pid: peer.child.pid(),
            endpoint: peer.address.to_string(),
        });
        let own = [Some(self.server(transport)), self.floor(transport)];
        own.into_iter().flatten().chain(peers).collect()
    }
}

impl Floor {
    async fn start(transport: Transport, floor: FloorTransport) -> anyhow::Result<Self> {
        let (child, address) = spawn_floor(FloorMode::Drop, floor).await?;
        Ok(Self {
            transport,
            address: address.to_string(),
            child,
        })
    }
}

async fn start_peers(options: &RequestsOptions) -> anyhow::Result<Vec<Peer>> {
    let mut peers = Vec::new();
    for peer in &options.peer {
        peers.push(Peer::start(peer).await?);
    }
    Ok(peers)
}
