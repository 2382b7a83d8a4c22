//! A writer that comes after others to the same store waits until these have sent what they had, or given it up.
//!
//! So samples of a series stay in order. Meanwhile it queues within its bounds.

use actix::{ActorFutureExt as _, Addr, AsyncContext as _, Context, Handler, Message, ResponseFuture, fut};
use tokio::sync::oneshot;

use super::{Phase, Writer};

/// Whether a writer may send.
#[derive(Debug)]
pub(super) enum Turn {
    /// Not before these have closed.
    After(Vec<Addr<Writer>>),
    /// It may.
    HasCome,
}

/// Answer when nothing more will be sent.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct AwaitClosed;

impl Handler<AwaitClosed> for Writer {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: AwaitClosed, _: &mut Context<Self>) -> Self::Result {
        if self.phase == Phase::Closed {
            return Box::pin(std::future::ready(()));
        }
        let (sender, receiver) = oneshot::channel();
        self.successors.push(sender);
        Box::pin(async move { receiver.await.unwrap_or_default() })
    }
}

impl Writer {
    /// It with its turn after those `before`.
    pub(super) fn after(mut self, before: Vec<Addr<Self>>) -> Self {
        if !before.is_empty() {
            self.turn = Turn::After(before);
        }
        self
    }

    /// Asks those before, if there are any, to tell when they have closed.
    pub(super) fn await_turn(&mut self, context: &mut Context<Self>) {
        let Turn::After(before) = &mut self.turn else {
            return;
        };
        let before = std::mem::take(before);
        let (tenant, endpoint) = (&self.tenant, &self.endpoint.name);
        tracing::info!(%tenant, %endpoint, "samples wait until those of an endpoint before are sent or given up");
        // One that has died sends nothing more either.
        let closed = before.into_iter().map(|writer| writer.send(AwaitClosed));
        let closed = fut::wrap_future(futures_util::future::join_all(closed));
        context.spawn(closed.map(|_, writer: &mut Self, context| {
            writer.turn = Turn::HasCome;
            writer.pump(context);
        }));
    }

    /// Whether those before have closed.
    pub(super) fn has_turn(&self) -> bool {
        matches!(self.turn, Turn::HasCome)
    }
}
