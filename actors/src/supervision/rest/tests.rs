//! Who rests, and for how long.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use super::*;
use crate::activity::{ActorName, Role};
use crate::supervision::{Mailbox, Queued, set_capacity};

/// Counts how often it had nothing left to do.
struct Resting {
    meter: Arc<ActorMeter>,
    emptied: Arc<AtomicUsize>,
}

impl Actor for Resting {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        set_capacity(context, &self.meter);
    }
}

#[derive(Message)]
#[rtype(result = "()")]
struct Work;

impl Handler<Queued<Work>> for Resting {
    type Result = ();

    fn handle(&mut self, queued: Queued<Work>, context: &mut Self::Context) {
        let (Work, _handling) = queued.open();
        if self.meter.level().waiting == 0 {
            self.emptied.fetch_add(1, Ordering::Relaxed);
        }
        rest(self, context, &self.meter);
    }
}

/// How often an actor with such a mailbox has nothing left to do while twenty messages come to it, each after all
/// others had their turn.
async fn emptied(capacity: usize) -> usize {
    let meter = ActorMeter::new(ActorName::new(Role::Matcher, 0), capacity);
    let emptied = Arc::new(AtomicUsize::new(0));
    let actor = Resting {
        meter: Arc::clone(&meter),
        emptied: Arc::clone(&emptied),
    };
    let mailbox = Mailbox::new(actor.start(), Arc::clone(&meter));
    for _ in 0..20 {
        mailbox.send(mailbox.reserve().unwrap(), Work);
        actix_rt::task::yield_now().await;
    }
    let last = mailbox.reserve().unwrap();
    mailbox.ask(last, Work).await.unwrap();
    assert_eq!(meter.describe().messages(), 21);
    emptied.load(Ordering::Relaxed)
}

#[actix_rt::test]
async fn what_comes_while_an_actor_rests_is_handled_together() {
    let begun = Instant::now();
    let emptied = emptied(LEAST_CAPACITY).await;
    let rests = begun.elapsed().as_micros() / REST.as_micros() + 2;
    assert!(emptied as u128 <= rests, "{emptied} in {:?}", begun.elapsed());
}

#[actix_rt::test]
async fn an_actor_with_a_small_mailbox_does_not_rest() {
    assert_eq!(emptied(LEAST_CAPACITY - 1).await, 21);
}
