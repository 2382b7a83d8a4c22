//! One call of which not both halves are known, and what a half adds to it (SPEC §2).

use super::symbols::Symbol;
use crate::batches::{CallKey, Connection, EdgeKind, HalfEdge, Latency, Side, seconds_between};
use crate::time::PipelineTime;

/// No row of a table.
pub(super) const NO_ROW: u32 = u32::MAX;

/// The symbols of a half's texts.
#[derive(Clone, Copy, Debug)]
pub struct NamedHalf<'a> {
    /// The half.
    pub half: &'a HalfEdge,
    /// Its service.
    pub service: Symbol,
    /// Its peer, or absent.
    pub peer: Symbol,
    /// The name of the database that it calls, or absent.
    pub database: Symbol,
}

/// A half that comes in, or does not get in.
#[derive(Clone, Copy, Debug)]
pub struct KnownHalf {
    /// Its call.
    pub key: CallKey,
    /// Its side.
    pub side: Side,
    /// Its service.
    pub service: Symbol,
}

/// What is known of a call until both of its halves are there.
#[derive(Clone, Copy, Debug)]
pub struct PendingEdge {
    /// The call.
    pub key: CallKey,
    /// When its first half came.
    pub began: PipelineTime,
    /// The calling service; empty until a client half with a name came.
    pub client: Symbol,
    /// The called service; empty until a server half with a name came, or a database was named.
    pub server: Symbol,
    /// The last peer attribute that a half had, perhaps without text, or absent.
    pub peer: Symbol,
    /// What the last half made of the edge.
    pub connection: Connection,
    /// The kind of the last half.
    pub kind: EdgeKind,
    /// A half had an error status.
    pub failed: bool,
    /// How many client halves came.
    pub client_halves: u32,
    /// How many server halves came.
    pub server_halves: u32,
    /// The client's latency.
    pub client_latency: Latency,
    /// The server's latency.
    pub server_latency: Latency,
    /// When the client half ended, in nanoseconds since the Unix epoch; 0 before it came.
    pub client_end_unix_nanoseconds: u64,
    /// When the server half started, in nanoseconds since the Unix epoch; 0 before it came.
    pub server_start_unix_nanoseconds: u64,
    /// How many calls it stands for, by the last half.
    pub multiplier: f64,
    /// The row that expires before it; the table's business.
    pub(super) older: u32,
    /// The row that expires after it; the table's business.
    pub(super) newer: u32,
}

impl NamedHalf<'_> {
    /// What the ledger goes by.
    #[must_use]
    pub fn known(&self) -> KnownHalf {
        KnownHalf {
            key: self.half.key,
            side: self.half.kind.side(),
            service: self.service,
        }
    }
}

impl PendingEdge {
    /// An edge of which nothing but its key is known, and that its first half came at `began`.
    #[must_use]
    pub fn new(key: CallKey, kind: EdgeKind, began: PipelineTime) -> Self {
        Self {
            key,
            began,
            client: Symbol::EMPTY,
            server: Symbol::EMPTY,
            peer: Symbol::ABSENT,
            connection: Connection::Unset,
            kind,
            failed: false,
            client_halves: 0,
            server_halves: 0,
            client_latency: Latency::ZERO,
            server_latency: Latency::ZERO,
            client_end_unix_nanoseconds: 0,
            server_start_unix_nanoseconds: 0,
            multiplier: 1.0,
            older: NO_ROW,
            newer: NO_ROW,
        }
    }

    /// Adds what `named` says; the later half overwrites, but for a failure.
    pub fn add(&mut self, named: NamedHalf<'_>) {
        let half = named.half;
        self.kind = half.kind;
        self.connection = half.connection;
        self.failed |= half.failed;
        self.multiplier = half.multiplier;
        if named.peer.is_present() {
            self.peer = named.peer;
        }
        match half.kind.side() {
            Side::Client => self.add_client(named),
            Side::Server => self.add_server(named),
        }
    }

    /// Whether both services are known.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.client.is_non_empty() && self.server.is_non_empty()
    }

    /// Whether a half on `side` came.
    #[must_use]
    pub fn has(&self, side: Side) -> bool {
        match side {
            Side::Client => self.client_halves > 0,
            Side::Server => self.server_halves > 0,
        }
    }

    /// The only side of which halves came; none when both did.
    #[must_use]
    pub fn only_side(&self) -> Option<Side> {
        match (self.has(Side::Client), self.has(Side::Server)) {
            (true, false) => Some(Side::Client),
            (false, true) => Some(Side::Server),
            _ => None,
        }
    }

    /// How many halves came.
    #[must_use]
    pub fn halves(&self) -> u64 {
        u64::from(self.client_halves) + u64::from(self.server_halves)
    }

    /// The side that is made up when the edge is given up; none when it is not to be counted.
    #[must_use]
    pub fn virtual_side(&self) -> Option<Side> {
        if !self.client.is_non_empty() {
            return self.key.is_root().then_some(Side::Client);
        }
        (!self.server.is_non_empty() && self.peer.is_non_empty()).then_some(Side::Server)
    }

    /// Consumer's start minus producer's end in seconds; 0 unless both came and it is positive, and when the consumer's
    /// start cannot be.
    #[must_use]
    pub fn messaging_seconds(&self) -> f64 {
        if self.connection != Connection::MessagingSystem
            || !self.has(Side::Client)
            || !self.has(Side::Server)
            || self.server_latency == Latency::IMPOSSIBLE
        {
            return 0.0;
        }
        seconds_between(
            self.client_end_unix_nanoseconds,
            self.server_start_unix_nanoseconds,
        )
    }

    fn add_client(&mut self, named: NamedHalf<'_>) {
        self.client_halves += 1;
        self.client = named.service;
        self.client_latency = named.half.latency;
        self.client_end_unix_nanoseconds = named.half.end_unix_nanoseconds;
        if named.half.connection == Connection::Database {
            if named.database.is_present() {
                self.server = named.database;
            }
            self.server_latency = self.client_latency;
        }
    }

    fn add_server(&mut self, named: NamedHalf<'_>) {
        self.server_halves += 1;
        self.server = named.service;
        self.server_latency = named.half.latency;
        self.server_start_unix_nanoseconds = named.half.start_unix_nanoseconds;
    }
}
