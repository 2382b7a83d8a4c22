//! Lets an actor whose mailbox is empty rest for a moment: what comes meanwhile wakes no thread, and is handled together.

use std::time::Duration;

use actix::prelude::*;

use crate::activity::ActorMeter;

/// How long an actor rests. Timers end at whole milliseconds, so that it is up to one more.
const REST: Duration = Duration::from_micros(500);

/// A mailbox that holds fewer messages could be full before the rest is over, and refuse what it has the time for.
const LEAST_CAPACITY: usize = 512;

/// To be called at the end of a handler: the context handles no more messages for a moment, in the order in which they
/// came afterwards, unless one waits already. Only for an actor whose messages nobody waits for.
pub fn rest<A: Actor<Context = Context<A>>>(actor: &A, context: &mut Context<A>, meter: &ActorMeter) {
    let level = meter.level();
    if level.waiting == 0 && level.capacity >= LEAST_CAPACITY {
        context.wait(actix_rt::time::sleep(REST).into_actor(actor));
    }
}

#[cfg(test)]
mod tests;
