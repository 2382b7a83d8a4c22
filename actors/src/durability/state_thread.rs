//! The thread that owns the state on the disk, and the handle by which others reach it.

use std::io;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread;
use std::time::Instant;

use spangraph_storage::epochs::{EndpointKey, SampleBatch, StoreError};
use tokio::sync::oneshot;

use super::cut::PipelineCut;
use super::keeper::{Keeper, Kept, NotKept};
use crate::supervision::Lifeline;
use crate::writer::LineLimit;

/// Reaches the state on the disk; cheap to clone.
#[derive(Clone, Debug)]
pub struct StateHandle {
    orders: Sender<Order>,
    found_cut: Option<i64>,
}

/// The state's thread has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the thread of the state has ended")]
pub struct StateGone;

/// Which batch of the queue on the disk is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Whose batch.
    pub endpoint: EndpointKey,
    /// The one after this; the oldest when there is none.
    pub after: Option<u64>,
    /// Only one of this cut, in milliseconds since the Unix epoch; any when there is none.
    pub cut: Option<i64>,
}

/// What the thread is to do.
#[derive(Debug)]
enum Order {
    Keep(Box<PipelineCut>, oneshot::Sender<Result<Kept, NotKept>>),
    Take(Question, oneshot::Sender<Result<Option<SampleBatch>, StoreError>>),
    Acknowledge { endpoint: EndpointKey, up_to: u64 },
    Finish(oneshot::Sender<Result<(), StoreError>>),
}

/// What is rewritten of old segments at a time, in bytes: no order waits longer for it than that takes.
const REWRITTEN_TOGETHER: u64 = 4 << 20;

/// Old segments that are rewritten while nothing is ordered.
#[derive(Default)]
struct Rewriting {
    /// There may be some since the last epoch.
    is_due: bool,
    lines: LineLimit,
}

/// The most orders that are taken up together.
const MOST_TOGETHER: usize = 1_000;

impl StateHandle {
    /// Starts the thread, which has the state until all handles are gone or it is finished. The state was found as of the cut
    /// `found`, in milliseconds since the Unix epoch; none when there was none.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub fn start(keeper: Keeper, found: Option<i64>, lifeline: Lifeline) -> io::Result<Self> {
        let (orders, received) = channel();
        let run = move || run(keeper, &received, lifeline);
        thread::Builder::new().name("state".to_owned()).spawn(run)?;
        Ok(Self {
            orders,
            found_cut: found,
        })
    }

    /// Whether samples of this cut were on the disk before this process began, so that the one before it may have sent them.
    #[must_use]
    pub fn is_found(&self, cut: i64) -> bool {
        self.found_cut.is_some_and(|found| cut <= found)
    }

    /// Makes `cut` the next epoch.
    ///
    /// # Errors
    /// When the thread has ended.
    pub async fn keep(&self, cut: PipelineCut) -> Result<Result<Kept, NotKept>, StateGone> {
        self.ask(|answer| Order::Keep(Box::new(cut), answer)).await
    }

    /// The batch that `question` asks for, when there is one. What was acknowledged before is on the disk by then.
    ///
    /// # Errors
    /// When the thread has ended.
    pub async fn take(
        &self,
        question: Question,
    ) -> Result<Result<Option<SampleBatch>, StoreError>, StateGone> {
        self.ask(|answer| Order::Take(question, answer)).await
    }

    /// Forgets the batches of `endpoint` up to number `up_to`, which it has.
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

/// Does what is ordered, and rewrites old segments while nothing is. Of all orders that wait, acknowledgements come first and
/// are made durable together, so that a crash makes little come again.
fn run(mut keeper: Keeper, orders: &Receiver<Order>, mut lifeline: Lifeline) {
    let mut rewriting = Rewriting::default();
    while let Some(first) = rewriting.next_order(&mut keeper, orders) {
        let mut rest = Vec::new();
        let mut is_acknowledged = false;
        for order in std::iter::once(first).chain(orders.try_iter().take(MOST_TOGETHER)) {
            if let Order::Acknowledge { endpoint, up_to } = order {
                keeper.store().acknowledge(&endpoint, up_to);
                is_acknowledged = true;
            } else {
                rest.push(order);
            }
        }
        if is_acknowledged {
            flush(&mut keeper);
        }
        for order in rest {
            rewriting.is_due |= matches!(order, Order::Keep(..));
            if handle(&mut keeper, order) {
                return lifeline.finish();
            }
        }
    }
    lifeline.finish();
}

impl Rewriting {
    /// The next order, when all that is due was rewritten or one comes before that; none when nobody orders any more.
    fn next_order(&mut self, keeper: &mut Keeper, orders: &Receiver<Order>) -> Option<Order> {
        while self.is_due {
            match orders.try_recv() {
                Ok(order) => return Some(order),
                Err(TryRecvError::Disconnected) => return None,
                Err(TryRecvError::Empty) => self.rewrite(keeper),
            }
        }
        orders.recv().ok()
    }

    /// What fails here is tried again after the next epoch, and costs only room.
    fn rewrite(&mut self, keeper: &mut Keeper) {
        let rewritten = keeper.store().rewrite(REWRITTEN_TOGETHER);
        self.is_due = rewritten.as_ref().is_ok_and(|rewritten| rewritten.has_more);
        if let Err(error) = rewritten
            && self.lines.note(1, Instant::now()).is_some()
        {
            tracing::warn!(%error, "old segments of the state cannot be rewritten");
        }
    }
}

/// Whether it was the last order. Who asked may have gone meanwhile, so answers that nobody takes are no errors.
fn handle(keeper: &mut Keeper, order: Order) -> bool {
    match order {
        Order::Keep(cut, answer) => _ = answer.send(keeper.keep(*cut)),
        Order::Take(question, answer) => _ = answer.send(take(keeper, &question)),
        Order::Acknowledge { endpoint, up_to } => keeper.store().acknowledge(&endpoint, up_to),
        Order::Finish(answer) => {
            let _ = answer.send(keeper.store().flush());
            return true;
        }
    }
    false
}

fn take(keeper: &mut Keeper, question: &Question) -> Result<Option<SampleBatch>, StoreError> {
    let batch = keeper.store().take(&question.endpoint, question.after)?;
    let is_wanted = |batch: &SampleBatch| question.cut.is_none_or(|cut| cut == batch.cut_unix_milliseconds);
    Ok(batch.filter(is_wanted))
}

/// What fails here goes with the next epoch, whose failure is told.
fn flush(keeper: &mut Keeper) {
    if let Err(error) = keeper.store().flush() {
        tracing::debug!(%error, "what endpoints have taken is not noted on the disk yet");
    }
}
