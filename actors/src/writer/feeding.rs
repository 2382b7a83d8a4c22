//! How a writer is fed from the queue on the disk: it takes what it has room for, and says what is settled.

use actix::{ActorFutureExt as _, AsyncContext as _, Context, Handler, Message, fut};
use spangraph_storage::epochs::{EndpointKey, SampleBatch, StoreError, TenantKey};

use super::feed::Feed;
use super::messages::Enqueue;
use super::{Phase, Writer};
use crate::durability::{StateGone, StateHandle, decode_samples};

/// An epoch was committed, so there may be more on the disk.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct LookForMore;

/// The queue on the disk, and what of it is in memory.
#[derive(Debug)]
pub(super) struct Feeding {
    state: StateHandle,
    feed: Feed,
}

/// What the disk answers.
type Answer = Result<Result<Option<SampleBatch>, StoreError>, StateGone>;

impl Feeding {
    /// Nothing is taken yet of what waits for the endpoint of this name.
    pub(super) fn new(state: StateHandle, tenant: &str, endpoint: &str) -> Self {
        Self {
            state,
            feed: Feed::new(key_of(tenant, endpoint)),
        }
    }

    /// The endpoint has another name from now on.
    pub(super) fn rename(&mut self, tenant: &str, endpoint: &str) {
        self.feed.rename(key_of(tenant, endpoint));
    }
}

impl Handler<LookForMore> for Writer {
    type Result = ();

    fn handle(&mut self, _: LookForMore, context: &mut Self::Context) {
        let _handling = self.meter.chore();
        if let Some(feeding) = &mut self.feeding {
            feeding.feed.look_again();
        }
        self.pump(context);
    }
}

impl Writer {
    /// Whether all that there was on the disk was taken.
    pub(super) fn is_fed(&self) -> bool {
        let mut feeding = self.feeding.iter();
        feeding.all(|feeding| feeding.feed.is_exhausted())
    }

    /// Whether what is under way may have been sent by an earlier process, which did not come to note that on the disk.
    pub(super) fn may_repeat(&self) -> bool {
        let mut feeding = self.feeding.iter();
        feeding.any(|Feeding { state, feed }| {
            let first = feed.first_cut_under_way();
            first.is_some_and(|cut| state.is_found(cut))
        })
    }

    /// Tells the disk what is settled, and takes more when there is room for it.
    pub(super) fn be_fed(&mut self, context: &mut Context<Self>) {
        if self.phase == Phase::Closed || !self.has_turn() {
            return;
        }
        let oldest = self.queue.oldest_unix_milliseconds();
        let most = self.queue.limits().samples / 2;
        let Some(Feeding { state, feed }) = &mut self.feeding else {
            return;
        };
        if let Some(settled) = feed.settle(oldest) {
            state.acknowledge(settled.endpoint, settled.up_to);
        }
        if let Some(question) = feed.ask(most) {
            let state = state.clone();
            let taken = fut::wrap_future(async move { state.take(question).await });
            context.spawn(taken.map(|answer, writer: &mut Self, context| writer.feed_on(answer, context)));
        }
    }

    fn feed_on(&mut self, answer: Answer, context: &mut Context<Self>) {
        let _handling = self.meter.chore();
        let Some(Feeding { feed, .. }) = &mut self.feeding else {
            return;
        };
        let batch = match answer {
            Ok(Ok(batch)) => batch,
            Ok(Err(error)) => {
                let (tenant, endpoint) = (&self.tenant, &self.endpoint.name);
                tracing::error!(%tenant, %endpoint, %error, "samples on the disk cannot be read");
                feed.fail();
                return;
            }
            Err(StateGone) => return feed.fail(),
        };
        let Some(batch) = batch else {
            feed.find_nothing();
            return self.pump(context);
        };
        match decode_samples(batch.bytes) {
            Ok(collected) => {
                feed.take(batch.number, batch.cut_unix_milliseconds, &collected);
                self.handle(Enqueue(collected.into()), context);
            }
            Err(error) => {
                let (tenant, endpoint, samples) = (&self.tenant, &self.endpoint.name, batch.samples);
                tracing::error!(%tenant, %endpoint, samples, %error, "samples on the disk are passed over");
                feed.take(batch.number, batch.cut_unix_milliseconds, &Default::default());
                self.pump(context);
            }
        }
    }
}

fn key_of(tenant: &str, endpoint: &str) -> EndpointKey {
    EndpointKey {
        tenant: TenantKey::of(tenant),
        name: endpoint.to_owned(),
    }
}
