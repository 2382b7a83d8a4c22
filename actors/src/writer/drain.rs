//! How a writer ends: it sends what it has until its deadline, and then tells those who wait for it.

use std::time::{Duration, Instant};

use actix::{AsyncContext as _, Context, Handler, ResponseFuture};
use tokio::sync::oneshot;

use super::counts::Counts;
use super::{Drain, Drained, DropReason, Phase, Writer};

impl Handler<Drain> for Writer {
    type Result = ResponseFuture<Drained>;

    fn handle(&mut self, drain: Drain, context: &mut Self::Context) -> Self::Result {
        let _handling = self.meter.chore();
        let (sender, receiver) = oneshot::channel();
        self.drains.push(sender);
        self.lifeline.finish();
        if self.phase == Phase::Open {
            self.phase = Phase::Draining;
        }
        let left = drain.deadline.saturating_duration_since(Instant::now());
        let deadline = context.run_later(left, Self::give_up);
        self.deadlines.push(deadline);
        self.pump(context);
        Box::pin(async move { receiver.await.unwrap_or_default() })
    }
}

impl Writer {
    /// Ends a drain at its deadline.
    fn give_up(&mut self, context: &mut Context<Self>) {
        self.tasks.drain().for_each(|(_, task)| {
            context.cancel_future(task);
        });
        let mut unsent = self.queue.abandon();
        if self.feeding.is_some() {
            // It stays on the disk, and the next process sends it.
            unsent = Counts::default();
        }
        self.note_dropped(unsent, DropReason::Shutdown);
        self.metrics.queue(Counts::default(), Duration::ZERO);
        self.close(Drained { unsent }, context);
    }

    pub(super) fn close(&mut self, drained: Drained, context: &mut Context<Self>) {
        self.phase = Phase::Closed;
        if let Some(wake) = self.wake.take() {
            context.cancel_future(wake);
        }
        self.deadlines.drain(..).for_each(|deadline| {
            context.cancel_future(deadline);
        });
        for drain in self.drains.drain(..) {
            // The one who asked may have given up waiting.
            let _ = drain.send(drained);
        }
        self.successors.drain(..).for_each(|successor| {
            let _ = successor.send(());
        });
    }
}
