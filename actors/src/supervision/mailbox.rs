//! Mailboxes whose bound is real: a sender takes a slot first, and the slot travels with its message.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use actix::dev::ToEnvelope;
use actix::prelude::*;

use crate::activity::{ActorMeter, ActorName, Handling, Turn};

/// Messages beyond the bound that actix still takes: ticks, drains and questions, which come one at a time.
const CONTROL_ROOM: usize = 64;

/// The address of one actor, with the bound of its mailbox.
///
/// actix counts a mailbox's capacity for each clone of an `Addr`, so clones of this share one.
pub struct Mailbox<A: Actor> {
    address: Arc<Addr<A>>,
    meter: Arc<ActorMeter>,
}

/// A place in a mailbox, free again when it is dropped.
#[derive(Debug)]
pub struct Slot {
    meter: Arc<ActorMeter>,
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

impl<A: Actor<Context = Context<A>>> Mailbox<A> {
    /// The mailbox of the actor at `address`, which must have called [`set_capacity`] with the same `meter`.
    #[must_use]
    pub fn new(address: Addr<A>, meter: Arc<ActorMeter>) -> Self {
        Self {
            address: Arc::new(address),
            meter,
        }
    }

    /// The mailbox of the same actor, which uses `meter` from now on.
    #[must_use]
    pub fn with_meter(&self, meter: Arc<ActorMeter>) -> Self {
        Self {
            address: Arc::clone(&self.address),
            meter,
        }
    }

    /// A place in the mailbox, when one is free.
    #[must_use]
    pub fn reserve(&self) -> Option<Slot> {
        self.meter.take_place().then(|| Slot {
            meter: Arc::clone(&self.meter),
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

    /// Sends `message` although the mailbox may be full: for the last ones, which are bounded elsewhere.
    #[expect(
        clippy::disallowed_methods,
        reason = "the caller has bounded what it sends last"
    )]
    pub fn send_beyond<M>(&self, message: M)
    where
        A: Handler<Queued<M>>,
        Queued<M>: Message + Send + 'static,
        <Queued<M> as Message>::Result: Send,
        A::Context: ToEnvelope<A, Queued<M>>,
    {
        self.meter.take_place_beyond();
        let slot = Slot {
            meter: Arc::clone(&self.meter),
            taken: Instant::now(),
        };
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

    /// Whose mailbox it is.
    #[must_use]
    pub fn name(&self) -> &ActorName {
        self.meter.name()
    }

    /// How full it is.
    #[must_use]
    pub fn level(&self) -> MailboxLevel {
        self.meter.level()
    }
}

/// Sends a control message that is handled in any case, and awaits the answer; to be polled on an arbiter.
///
/// actix skips a message whose asker has gone by its turn, as one does that waits with a time-out. This one is asked by a
/// task of its own, which goes on waiting when the caller does not.
///
/// # Errors
/// When the actor has ended.
pub async fn deliver<A, M>(address: &Addr<A>, message: M) -> Result<M::Result, MailboxError>
where
    A: Actor + Handler<M>,
    A::Context: ToEnvelope<A, M>,
    M: Message + Send + 'static,
    M::Result: Send,
{
    let asked = actix_rt::spawn(address.send(message));
    asked.await.unwrap_or(Err(MailboxError::Closed))
}

impl<A: Actor> fmt::Debug for Mailbox<A> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Mailbox")
            .field("meter", &self.meter)
            .finish_non_exhaustive()
    }
}

impl<A: Actor> Clone for Mailbox<A> {
    fn clone(&self) -> Self {
        Self {
            address: Arc::clone(&self.address),
            meter: Arc::clone(&self.meter),
        }
    }
}

impl<M> Queued<M> {
    /// The message, which keeps its slot.
    pub fn message(&self) -> &M {
        &self.message
    }

    /// Takes the message out, frees its slot and counts how long it waited; the message takes until the second
    /// part is dropped.
    pub fn open(self) -> (M, Handling) {
        let handling = self.slot.meter.message().of(Turn::Apply);
        let wait = handling.begun().saturating_duration_since(self.slot.taken);
        self.slot.meter.waited(wait);
        (self.message, handling)
    }
}

impl<M: Message> Message for Queued<M> {
    type Result = M::Result;
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.meter.free_place();
    }
}

/// To be called by an actor when it starts: actix's own bound, which is never reached, leaves room for control.
pub fn set_capacity<A: Actor<Context = Context<A>>>(context: &mut Context<A>, meter: &ActorMeter) {
    context.set_mailbox_capacity(meter.capacity().saturating_add(CONTROL_ROOM));
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use futures_util::FutureExt as _;

    use super::*;
    use crate::activity::Role;

    struct Slow(Arc<ActorMeter>);

    impl Actor for Slow {
        type Context = Context<Self>;

        fn started(&mut self, context: &mut Self::Context) {
            set_capacity(context, &self.0);
        }
    }

    #[derive(Message)]
    #[rtype(result = "()")]
    struct Work;

    impl Handler<Queued<Work>> for Slow {
        type Result = ();

        fn handle(&mut self, queued: Queued<Work>, _: &mut Self::Context) {
            let (Work, _handling) = queued.open();
            let begun = Instant::now();
            while begun.elapsed() < BUSY {}
        }
    }

    #[derive(Message)]
    #[rtype(result = "()")]
    struct Remember(Arc<AtomicBool>);

    impl Handler<Remember> for Slow {
        type Result = ();

        fn handle(&mut self, Remember(is_handled): Remember, _: &mut Self::Context) {
            is_handled.store(true, Ordering::Relaxed);
        }
    }

    const BUSY: Duration = Duration::from_millis(1);

    fn start() -> (Mailbox<Slow>, Arc<ActorMeter>) {
        let meter = ActorMeter::new(ActorName::new(Role::Matcher, 0), 2);
        (
            Mailbox::new(Slow(Arc::clone(&meter)).start(), Arc::clone(&meter)),
            meter,
        )
    }

    #[actix_rt::test]
    async fn clones_of_a_mailbox_share_its_bound_and_handled_messages_free_it() {
        let (mailbox, meter) = start();
        let clone = mailbox.clone();
        let slots = [mailbox.reserve().unwrap(), clone.reserve().unwrap()];
        assert!(mailbox.reserve().is_none() && clone.reserve().is_none());
        assert_eq!(meter.level().waiting, 2);
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
    }

    #[actix_rt::test]
    async fn what_comes_last_is_handled_although_the_mailbox_is_full() {
        let (mailbox, meter) = start();
        let _full = [mailbox.reserve().unwrap(), mailbox.reserve().unwrap()];
        for _ in 0..CONTROL_ROOM + 3 {
            mailbox.send_beyond(Work);
        }
        let begun = Instant::now();
        while meter.level().waiting > 2 {
            assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", meter.level());
            actix_rt::time::sleep(BUSY).await;
        }
        assert_eq!(meter.describe().messages(), 67);
    }

    #[actix_rt::test]
    async fn a_message_is_measured_from_its_slot_to_the_end_of_its_handler() {
        let (mailbox, meter) = start();
        let slots = [mailbox.reserve().unwrap(), mailbox.reserve().unwrap()];
        for slot in slots {
            mailbox.ask(slot, Work).await.unwrap();
        }
        let description = meter.describe();
        assert_eq!((description.messages(), description.waits.count()), (2, 2));
        assert!(description.busy >= 2 * BUSY, "{description:?}");
        assert!(
            description.waits.total() >= BUSY,
            "the second waited for the first: {description:?}"
        );
    }

    #[actix_rt::test]
    async fn a_message_that_is_delivered_is_handled_though_its_asker_has_gone() {
        let (mailbox, _) = start();
        let (skipped, handled) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        drop(mailbox.control().send(Remember(Arc::clone(&skipped))));
        let gone = deliver(mailbox.control(), Remember(Arc::clone(&handled)));
        // The actor is on this thread, so that it had no turn yet.
        assert!(gone.now_or_never().is_none(), "the asker waits no longer");
        let last = Remember(Arc::new(AtomicBool::new(false)));
        deliver(mailbox.control(), last).await.unwrap();
        assert!(handled.load(Ordering::Relaxed));
        assert!(!skipped.load(Ordering::Relaxed), "as actix does by itself");
    }
}
