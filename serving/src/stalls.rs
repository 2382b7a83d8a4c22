//! Cuts off clients that stall: those who take nothing of an answer, or do not come to the end of a request's head.
//!
//! actix has a deadline for the head of a connection's first request only, and none for the reading of answers.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// How long clients may stall.
#[derive(Clone, Copy, Debug)]
pub struct StallLimits {
    /// How long a client may take nothing of what is written to it.
    pub taking: Duration,
    /// How long the head of a further request may take, from its first byte on.
    pub head: Duration,
    /// How long a connection may have nothing to do between two requests.
    pub idle: Duration,
}

/// Whether a request of a connection is handled, or the next one is waited for; clones share it.
#[derive(Clone, Debug)]
pub struct Turn {
    limits: StallLimits,
    /// When the head of the next request has to be whole; `None` while a request is handled, and before the first one.
    head_due: Rc<Cell<Option<Instant>>>,
}

/// A request that is handled; when it is dropped, the next one is waited for.
#[derive(Debug)]
pub struct Handled(Turn);

/// A connection that fails with [`io::ErrorKind::TimedOut`] when its client stalls.
#[derive(Debug)]
pub struct StallGuard<T> {
    stream: T,
    turn: Turn,
    head: Alarm,
    taking: Alarm,
    taken_by: Option<Instant>,
}

/// A timer that is made when it is first needed.
#[derive(Debug, Default)]
struct Alarm(Option<Pin<Box<Sleep>>>);

impl<T> StallGuard<T> {
    /// `stream` under `limits`.
    pub fn new(stream: T, limits: StallLimits) -> Self {
        let turn = Turn {
            limits,
            head_due: Rc::default(),
        };
        Self {
            stream,
            turn,
            head: Alarm::default(),
            taking: Alarm::default(),
            taken_by: None,
        }
    }

    /// What is to be told when a request is handled.
    pub fn turn(&self) -> Turn {
        self.turn.clone()
    }

    /// `written`, unless the client has taken nothing for too long.
    fn unless_stalled<V>(
        &mut self,
        written: Poll<io::Result<V>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<V>> {
        if written.is_ready() {
            self.taken_by = None;
            return written;
        }
        let limit = self.turn.limits.taking;
        let due = *self.taken_by.get_or_insert_with(|| Instant::now() + limit);
        self.taking.poll(due, context).map(|()| Err(timed_out()))
    }
}

impl Turn {
    /// A request is handled from now on.
    pub fn begin(&self) -> Handled {
        self.head_due.set(None);
        Handled(self.clone())
    }

    /// The next head, which has begun, has to be whole soon.
    fn arrived(&self) {
        if let Some(due) = self.head_due.get() {
            let soon = Instant::now() + self.limits.head;
            self.head_due.set(Some(due.min(soon)));
        }
    }

    /// Who still takes the last answer need not have asked again.
    fn written(&self) {
        if self.head_due.get().is_some() {
            self.wait_for_next();
        }
    }

    fn wait_for_next(&self) {
        let latest = Instant::now() + self.limits.idle + self.limits.head;
        self.head_due.set(Some(latest));
    }
}

impl Drop for Handled {
    fn drop(&mut self) {
        self.0.wait_for_next();
    }
}

impl Alarm {
    fn poll(&mut self, due: Instant, context: &mut Context<'_>) -> Poll<()> {
        let timer = self.0.get_or_insert_with(|| Box::pin(sleep_until(due)));
        if timer.deadline() != due {
            timer.as_mut().reset(due);
        }
        timer.as_mut().poll(context)
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for StallGuard<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let read = Pin::new(&mut this.stream).poll_read(context, buffer);
        if read.is_ready() {
            this.turn.arrived();
            return read;
        }
        match this.turn.head_due.get() {
            Some(due) => this.head.poll(due, context).map(|()| Err(timed_out())),
            None => Poll::Pending,
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for StallGuard<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if written.is_ready() {
            self.turn.written();
        }
        self.unless_stalled(written, context)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.unless_stalled(flushed, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

fn timed_out() -> io::Error {
    io::ErrorKind::TimedOut.into()
}

#[cfg(test)]
mod tests;
