//! Mailboxes whose bound is real: a sender takes a slot first, and the slot travels with its message.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use actix::dev::ToEnvelope;
use actix::prelude::*;

use crate::metrics::MailboxMetrics;

/// Messages beyond the bound that actix still takes: ticks, drains and questions, which come one at a time.
const CONTROL_ROOM: usize = 64;

/// The address of one actor, with the bound of its mailbox.
///
/// actix counts a mailbox's capacity for each clone of an `Addr`, so clones of this share one.
pub struct Mailbox<A: Actor> {
    address: Arc<Addr<A>>,
    room: Arc<Room>,
}

/// A place in a mailbox, free again when it is dropped.
#[derive(Debug)]
pub struct Slot {
    room: Arc<Room>,
    taken: Instant,
}

/// A message with the slot it took.
#[derive(Debug)]
pub struct Queued<M> {
    message: M,
    slot: Slot,
}

/// How full a mailbox is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailboxLevel {
    /// Messages that wait.
    pub waiting: usize,
    /// How many may.
    pub capacity: usize,
}

#[derive(Debug)]
struct Room {
    waiting: AtomicUsize,
    capacity: usize,
    metrics: MailboxMetrics,
}

impl<A: Actor<Context = Context<A>>> Mailbox<A> {
    /// The mailbox of the actor at `address`, which must have called [`set_capacity`] with the same `capacity`.
    #[must_use]
    pub fn new(address: Addr<A>, capacity: usize, metrics: MailboxMetrics) -> Self {
        metrics.capacity.set(i64::try_from(capacity).unwrap_or(i64::MAX));
        let room = Room {
            waiting: AtomicUsize::new(0),
            capacity,
            metrics,
        };
        Self {
            address: Arc::new(address),
            room: Arc::new(room),
        }
    }

    /// A place in the mailbox, when one is free.
    #[must_use]
    pub fn reserve(&self) -> Option<Slot> {
        let more = |waiting: usize| (waiting < self.room.capacity).then_some(waiting + 1);
        self.room
            .waiting
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, more)
            .ok()?;
        self.room.metrics.length.inc();
        Some(Slot {
            room: Arc::clone(&self.room),
            taken: Instant::now(),
        })
    }

    /// Sends `message` on the slot that was taken for it.
    #[expect(
        clippy::disallowed_methods,
        reason = "the slot is the bound, so there is room"
    )]
    pub fn send<M>(&self, slot: Slot, message: M)
    where
        A: Handler<Queued<M>>,
        Queued<M>: Message + Send + 'static,
        <Queued<M> as Message>::Result: Send,
        A::Context: ToEnvelope<A, Queued<M>>,
    {
        self.address.do_send(Queued { message, slot });
    }

    /// Sends `message` on the slot that was taken for it, to await the answer.
    pub fn ask<M>(&self, slot: Slot, message: M) -> Request<A, Queued<M>>
    where
        A: Handler<Queued<M>>,
        Queued<M>: Message + Send + 'static,
        <Queued<M> as Message>::Result: Send,
        A::Context: ToEnvelope<A, Queued<M>>,
    {
        self.address.send(Queued { message, slot })
    }

    /// The address itself, for control messages, which take no slot.
    #[must_use]
    pub fn control(&self) -> &Addr<A> {
        &self.address
    }

    /// How full it is.
    #[must_use]
    pub fn level(&self) -> MailboxLevel {
        MailboxLevel {
            waiting: self.room.waiting.load(Ordering::Acquire),
            capacity: self.room.capacity,
        }
    }
}

impl<A: Actor> fmt::Debug for Mailbox<A> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Mailbox")
            .field("room", &self.room)
            .finish_non_exhaustive()
    }
}

impl<A: Actor> Clone for Mailbox<A> {
    fn clone(&self) -> Self {
        Self {
            address: Arc::clone(&self.address),
            room: Arc::clone(&self.room),
        }
    }
}

impl<M> Queued<M> {
    /// Takes the message out, frees its slot and counts how long it waited.
    #[must_use]
    pub fn open(self) -> M {
        self.slot
            .room
            .metrics
            .wait
            .observe(self.slot.taken.elapsed().as_secs_f64());
        self.message
    }
}

impl<M: Message> Message for Queued<M> {
    type Result = M::Result;
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.room.waiting.fetch_sub(1, Ordering::AcqRel);
        self.room.metrics.length.dec();
    }
}

/// To be called by an actor when it starts: actix's own bound, which is never reached, leaves room for control.
pub fn set_capacity<A: Actor<Context = Context<A>>>(context: &mut Context<A>, capacity: usize) {
    context.set_mailbox_capacity(capacity.saturating_add(CONTROL_ROOM));
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Slow;

    impl Actor for Slow {
        type Context = Context<Self>;

        fn started(&mut self, context: &mut Self::Context) {
            set_capacity(context, 2);
        }
    }

    #[derive(Message)]
    #[rtype(result = "()")]
    struct Work;

    impl Handler<Queued<Work>> for Slow {
        type Result = ();

        fn handle(&mut self, queued: Queued<Work>, _: &mut Self::Context) {
            let Work = queued.open();
        }
    }

    #[actix_rt::test]
    async fn clones_of_a_mailbox_share_its_bound_and_handled_messages_free_it() {
        let metrics = MailboxMetrics::unregistered();
        let mailbox = Mailbox::new(Slow.start(), 2, metrics.clone());
        let clone = mailbox.clone();
        let slots = [mailbox.reserve().unwrap(), clone.reserve().unwrap()];
        assert!(mailbox.reserve().is_none() && clone.reserve().is_none());
        assert_eq!(metrics.length.get(), 2);
        for slot in slots {
            mailbox.ask(slot, Work).await.unwrap();
        }
        assert_eq!(
            mailbox.level(),
            MailboxLevel {
                waiting: 0,
                capacity: 2
            }
        );
        assert_eq!(metrics.length.get(), 0);
    }
}
