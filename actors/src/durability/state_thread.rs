//! The thread that owns the state on the disk, and the handle by which others reach it.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use spangraph_storage::epochs::{EndpointKey, SampleBatch, StoreError};
use spangraph_storage::lock::FolderLock;
use tokio::sync::oneshot;

use super::cut::PipelineCut;
use super::keeper::{Keeper, Kept, NotKept};
use crate::supervision::Lifeline;

/// Reaches the state on the disk; cheap to clone.
#[derive(Clone, Debug)]
pub struct StateHandle {
    orders: Sender<Order>,
}

/// The state's thread has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the thread of the state has ended")]
pub struct StateGone;

/// What the thread is to do.
#[derive(Debug)]
enum Order {
    Keep(Box<PipelineCut>, oneshot::Sender<Result<Kept, NotKept>>),
    Take {
        endpoint: EndpointKey,
        after: Option<u64>,
        answer: oneshot::Sender<Result<Option<SampleBatch>, StoreError>>,
    },
    Acknowledge {
        endpoint: EndpointKey,
        up_to: u64,
    },
    Finish(oneshot::Sender<Result<(), StoreError>>),
}

/// What is rewritten of old segments after an epoch, in bytes: no order waits longer for it than that takes.
const REWRITTEN_TOGETHER: u64 = 4 << 20;

/// How often what endpoints have taken is made durable between epochs.
const FLUSH_INTERVAL: Duration = Duration::from_secs(1);

impl StateHandle {
    /// Starts the thread, which has the state until all handles are gone or it is finished.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub fn start(keeper: Keeper, lock: Option<FolderLock>, lifeline: Lifeline) -> io::Result<Self> {
        let (orders, received) = channel();
        let run = move || {
            let _lock = lock;
            run(keeper, &received, lifeline);
        };
        thread::Builder::new().name("state".to_owned()).spawn(run)?;
        Ok(Self { orders })
    }

    /// Makes `cut` the next epoch.
    ///
    /// # Errors
    /// When the thread has ended.
    pub async fn keep(&self, cut: PipelineCut) -> Result<Result<Kept, NotKept>, StateGone> {
        self.ask(|answer| Order::Keep(Box::new(cut), answer)).await
    }

    /// The oldest batch of `endpoint`, or the first one after number `after`.
    ///
    /// # Errors
    /// When the thread has ended.
    pub async fn take(
        &self,
        endpoint: EndpointKey,
        after: Option<u64>,
    ) -> Result<Result<Option<SampleBatch>, StoreError>, StateGone> {
        let order = |answer| Order::Take {
            endpoint,
            after,
            answer,
        };
        self.ask(order).await
    }

    /// Forgets the batches of `endpoint` up to number `up_to`, which it has, with the next epoch.
    pub fn acknowledge(&self, endpoint: EndpointKey, up_to: u64) {
        // A thread that has ended has told so by its lifeline.
        let _ = self.orders.send(Order::Acknowledge { endpoint, up_to });
    }

    /// Makes durable what was acknowledged, and ends the thread.
    ///
    /// # Errors
    /// When the thread has ended before.
    pub async fn finish(&self) -> Result<Result<(), StoreError>, StateGone> {
        self.ask(Order::Finish).await
    }

    async fn ask<T>(&self, order: impl FnOnce(oneshot::Sender<T>) -> Order) -> Result<T, StateGone> {
        let (answer, answered) = oneshot::channel();
        self.orders.send(order(answer)).map_err(|_| StateGone)?;
        answered.await.map_err(|_| StateGone)
    }
}

/// Does what is ordered, and makes durable by and by what was acknowledged: after a crash the rest is sent again.
fn run(mut keeper: Keeper, orders: &Receiver<Order>, mut lifeline: Lifeline) {
    let mut flushed = Instant::now();
    loop {
        match orders.recv_timeout(FLUSH_INTERVAL) {
            Ok(Order::Finish(answer)) => {
                lifeline.finish();
                let _ = answer.send(keeper.store().flush());
                return;
            }
            Ok(order) => handle(&mut keeper, order),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return lifeline.finish(),
        }
        if flushed.elapsed() >= FLUSH_INTERVAL {
            flush(&mut keeper);
            flushed = Instant::now();
        }
    }
}

/// Who asked may have gone meanwhile, so answers that nobody takes are no errors.
fn handle(keeper: &mut Keeper, order: Order) {
    match order {
        Order::Keep(cut, answer) => {
            let _ = answer.send(keeper.keep(*cut));
            rewrite(keeper);
        }
        Order::Take {
            endpoint,
            after,
            answer,
        } => _ = answer.send(keeper.store().take(&endpoint, after)),
        Order::Acknowledge { endpoint, up_to } => keeper.store().acknowledge(&endpoint, up_to),
        Order::Finish(answer) => _ = answer.send(keeper.store().flush()),
    }
}

/// What fails here goes with the next epoch, whose failure is told.
fn flush(keeper: &mut Keeper) {
    if let Err(error) = keeper.store().flush() {
        tracing::debug!(%error, "what endpoints have taken is not noted on the disk yet");
    }
}

/// What fails here is tried again after the next epoch, and costs only room.
fn rewrite(keeper: &mut Keeper) {
    if let Err(error) = keeper.store().rewrite(REWRITTEN_TOGETHER) {
        tracing::warn!(%error, "old segments of the state cannot be rewritten");
    }
}
