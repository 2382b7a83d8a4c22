//! Receivers that are sent the same in turns, each over connections of its own.

use std::sync::Arc;
use std::time::Duration;

use super::bodies::Bodies;
use super::burst::{Burst, Sent, send};
use super::case::Case;
use super::connection::Connection;
use super::figures::{Turn, Turns};
use super::options::Part;
use super::receivers::Receiver;
use crate::process::Usage;
use crate::traffic::Round;

/// What a receiver may still do after its last answer.
const SETTLE: Duration = Duration::from_millis(150);

/// A receiver, and what leads to it.
pub(super) struct Lane {
    receiver: Receiver,
    connections: Vec<Connection>,
    case: Case,
    round: Arc<Round>,
    fresh: Arc<Bodies>,
    seed: u64,
    turns: Turns,
}

impl Lane {
    /// Connects to `receiver`, for requests of `round` as `case` says.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub(super) async fn open(
        receiver: Receiver,
        case: Case,
        round: &Arc<Round>,
        seed: u64,
    ) -> anyhow::Result<Self> {
        let mut connections = Vec::new();
        for _ in 0..case.connections {
            connections.push(Connection::to(&receiver.endpoint, case.framing).await?);
        }
        Ok(Self {
            turns: Turns {
                name: receiver.name.clone(),
                turns: Vec::new(),
                refused: 0,
            },
            fresh: Arc::new(Bodies::fresh(round, case.framing, seed)),
            receiver,
            connections,
            case,
            round: Arc::clone(round),
            seed,
        })
    }

    /// Sends for a while without counting.
    ///
    /// # Errors
    /// When an answer is a failure.
    pub(super) async fn warm_up(&mut self, duration: Duration) -> anyhow::Result<Sent> {
        self.send(Burst { duration, rate: None }).await
    }

    async fn take_turn(&mut self, duration: Duration) -> anyhow::Result<()> {
        let bodies = self.bodies()?;
        let own_process = std::process::id();
        let (before, sender_before) = (Usage::of(self.receiver.pid)?, Usage::of(own_process)?);
        let burst = Burst { duration, rate: None };
        let sent = send(&mut self.connections, &bodies, burst).await?;
        let sender = Usage::of(own_process)?.since(&sender_before);
        tokio::time::sleep(SETTLE).await;
        let usage = Usage::of(self.receiver.pid)?.since(&before);
        self.turns.turns.push(Turn::new(&usage, &sender, &sent));
        self.turns.refused += sent.refused;
        Ok(())
    }

    /// Sends as `burst` says.
    ///
    /// # Errors
    /// When an answer is a failure.
    pub(super) async fn send(&mut self, burst: Burst) -> anyhow::Result<Sent> {
        let bodies = self.bodies()?;
        send(&mut self.connections, &bodies, burst).await
    }

    /// What takes long to make is made anew for each turn: spans must not be old. What it is compared with comes likewise.
    fn bodies(&mut self) -> anyhow::Result<Arc<Bodies>> {
        if self.case.part != Part::Compressed {
            return Ok(Arc::clone(&self.fresh));
        }
        self.seed = self.seed.wrapping_add(1);
        let bodies = Bodies::prepared(&self.round, self.case.framing, self.seed)?;
        Ok(Arc::new(bodies))
    }

    /// What it did in its turns.
    pub(super) fn into_turns(self) -> Turns {
        self.turns
    }
}

/// Gives each of `lanes` so many `turns` of some `duration`, in changing order, so that what disturbs the machine hits all.
///
/// # Errors
/// When an answer is a failure.
pub(super) async fn take_turns(lanes: &mut [Lane], turns: u32, duration: Duration) -> anyhow::Result<()> {
    for lane in &mut *lanes {
        lane.warm_up(duration / 2).await?;
    }
    for turn in 0..turns {
        if turn % 2 == 0 {
            for lane in lanes.iter_mut() {
                lane.take_turn(duration).await?;
            }
        } else {
            for lane in lanes.iter_mut().rev() {
                lane.take_turn(duration).await?;
            }
        }
    }
    Ok(())
}
