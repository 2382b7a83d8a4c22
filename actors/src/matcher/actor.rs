//! The matcher actor: owns the pending tables of its share of traces.

mod freezing;

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use spangraph_config::TenantId;

pub use self::freezing::{FreezePairings, FrozenPairings, RestoredPairing};
use super::marks::Marks;
use super::{Outcomes, Pairing, ShardPairingDescription, SlackCounts};
use crate::activity::{ActorMeter, Turn};
use crate::admission::{Gate, Submission};
use crate::aggregator::{CountEdges, Reconfigure};
use crate::batches::{HalfEdges, Relayout};
use crate::metrics::TenantMetrics;
use crate::supervision::{Lifeline, Queued, rest, set_capacity};
use crate::tenants::{TenantHandles, TenantProfile, Tenants};
use crate::time::{PipelineTime, Stamp, TimeShift, Timeline};

/// Pairs the halves of its share of traces; one an arbiter.
pub struct Matcher {
    shard: u16,
    pairings: HashMap<TenantId, TenantPairing, RandomState>,
    /// Where it finds the handles of a tenant of which it has nothing yet.
    tenants: Arc<Tenants>,
    /// While its latch is closed, nothing is handed on but for the cut.
    gate: Arc<Gate>,
    last_mark: Option<PipelineTime>,
    timeline: Timeline,
    meter: Arc<ActorMeter>,
    lifeline: Lifeline,
}

/// One tenant's pairing, and what waits until its edges were handed on.
#[derive(Debug)]
struct TenantPairing {
    tenant: Arc<TenantProfile>,
    handles: Arc<TenantHandles>,
    pairing: Pairing,
    submissions: Vec<Arc<Submission>>,
    used: PipelineTime,
    spans: Marks<SlackCounts>,
}

/// Halves of one request that belong to this shard.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct MatchHalves {
    /// Whose they are, with the settings under which they were made.
    pub tenant: Arc<TenantProfile>,
    /// The halves.
    pub halves: HalfEdges,
    /// Their request, as the gate counts it until all of it is applied.
    pub submission: Arc<Submission>,
    /// When the request came in.
    pub received: Stamp,
}

/// Asks a matcher to give up the edges whose wait is over.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Expire {
    /// The timer's clock.
    pub now: Stamp,
}

/// Asks a matcher what it knows of a tenant's pairing; `None` when it has had none of its halves.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Option<ShardPairingDescription>")]
pub struct DescribePairing {
    /// Whose pairing.
    pub tenant: TenantId,
    /// The asker's clock.
    pub now: Stamp,
}

/// Asks a matcher to hand on what it completed and to end.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Drained")]
pub struct DrainMatcher {
    /// The timer's clock.
    pub now: Stamp,
}

/// What a matcher still has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, MessageResponse)]
pub struct Drained {
    /// Tenants whose aggregators had no room for the last edges; the matcher goes on until they have.
    pub tenants_left: usize,
    /// Edges that still waited for a half; they are lost.
    pub edges_lost: usize,
}

/// How often counts are kept to tell from later what is recent.
const MARK_INTERVAL: Duration = Duration::from_secs(300);

impl Matcher {
    /// The matcher of `shard`, with no tenants.
    #[must_use]
    pub fn new(
        shard: u16,
        tenants: Arc<Tenants>,
        gate: Arc<Gate>,
        meter: Arc<ActorMeter>,
        lifeline: Lifeline,
    ) -> Self {
        Self {
            shard,
            pairings: HashMap::default(),
            tenants,
            gate,
            last_mark: None,
            timeline: Timeline::default(),
            meter,
            lifeline,
        }
    }

    /// The time of `stamp`; before it is used, all that is remembered follows when the clock was shifted.
    fn at(&mut self, stamp: Stamp) -> PipelineTime {
        let followed = self.timeline.follow(stamp);
        if let Some(shift) = followed.shift {
            self.pairings.values_mut().for_each(|shard| shard.shift(shift));
            self.last_mark = self.last_mark.map(|last| last + shift);
        }
        followed.now
    }

    /// All matchers hear the same ticks, so they mark at the same time.
    fn mark_when_due(&mut self, now: PipelineTime) {
        let last = *self.last_mark.get_or_insert(now);
        if now.since(last) >= MARK_INTERVAL {
            self.last_mark = Some(now);
            self.pairings.values_mut().for_each(|shard| shard.mark(now));
        }
    }
}

impl Actor for Matcher {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        set_capacity(context, &self.meter);
    }
}

impl Handler<Queued<MatchHalves>> for Matcher {
    type Result = ();

    fn handle(&mut self, queued: Queued<MatchHalves>, context: &mut Self::Context) {
        let (message, _handling) = queued.open();
        let MatchHalves {
            tenant,
            mut halves,
            submission,
            received,
        } = message;
        let now = self.at(received);
        let tenants = &self.tenants;
        let entry = self.pairings.entry_ref(&tenant.id);
        let shard = entry
            .or_insert_with(|| TenantPairing::new(Arc::clone(&tenant), tenants.handles_of(&tenant), now));
        shard.follow(&tenant);
        if tenant.generation < shard.tenant.generation {
            let (old, new) = (&tenant.settings, &shard.tenant.settings);
            if let Some(relayout) = Relayout::of_halves(&old.service_graphs, &new.service_graphs) {
                halves.relayout(&relayout);
            }
        }
        shard.pairing.apply(&halves, now);
        shard.submissions.push(submission);
        shard.used = now;
        shard.hand_on(received);
        if !self.gate.is_latched() {
            rest(self, context, &self.meter);
        }
    }
}

impl Handler<Expire> for Matcher {
    type Result = ();

    /// An edge that was given up between the freezing of this matcher and that of its aggregator would be in the state of
    /// both, and count again after a restart.
    fn handle(&mut self, Expire { now: stamp }: Expire, _: &mut Self::Context) {
        let _handling = self.meter.chore().of(Turn::Expire);
        if self.gate.is_latched() {
            return;
        }
        let now = self.at(stamp);
        self.pairings.retain(|_, shard| {
            shard.pairing.expire(now);
            shard.hand_on(stamp);
            !shard.is_idle(now)
        });
        self.mark_when_due(now);
    }
}

impl Handler<Reconfigure> for Matcher {
    type Result = ();

    fn handle(&mut self, Reconfigure { tenant, .. }: Reconfigure, _: &mut Self::Context) {
        let _handling = self.meter.chore().of(Turn::Reconfigure);
        if let Some(shard) = self.pairings.get_mut(&tenant.profile.id) {
            shard.follow(&tenant.profile);
        }
    }
}

impl Handler<DescribePairing> for Matcher {
    type Result = Option<ShardPairingDescription>;

    fn handle(&mut self, question: DescribePairing, _: &mut Self::Context) -> Self::Result {
        let _handling = self.meter.chore().of(Turn::Describe);
        let now = self.at(question.now);
        let shard = self.pairings.get(&question.tenant)?;
        Some(shard.describe(now))
    }
}

impl Handler<DrainMatcher> for Matcher {
    type Result = Drained;

    fn handle(&mut self, DrainMatcher { now }: DrainMatcher, context: &mut Self::Context) -> Drained {
        let _handling = self.meter.chore();
        let shards = self.pairings.values_mut();
        let tenants_left = shards
            .filter_map(|shard| (!shard.hand_on(now)).then_some(()))
            .count();
        let edges_lost = self
            .pairings
            .values()
            .map(|shard| shard.pairing.pending_edges())
            .sum();
        if tenants_left == 0 {
            self.lifeline.finish();
            context.stop();
        }
        Drained {
            tenants_left,
            edges_lost,
        }
    }
}

/// Makes a matcher panic, as a fault in it would.
#[cfg(test)]
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct FailForTest;

#[cfg(test)]
impl Handler<FailForTest> for Matcher {
    type Result = ();

    fn handle(&mut self, _: FailForTest, _: &mut Self::Context) {
        panic!("a fault for the test");
    }
}

impl TenantPairing {
    fn new(tenant: Arc<TenantProfile>, handles: Arc<TenantHandles>, now: PipelineTime) -> Self {
        let pairing = Pairing::new(&tenant.settings.service_graphs, handles.budgets.clone());
        Self {
            tenant,
            handles,
            pairing,
            submissions: Vec::new(),
            used: now,
            spans: Marks::new(),
        }
    }

    fn shift(&mut self, by: TimeShift) {
        self.pairing.shift(by);
        self.spans.shift(by);
        self.used += by;
    }

    fn mark(&mut self, now: PipelineTime) {
        self.pairing.set_mark(now);
        self.spans.set(now, SlackCounts::of(&self.handles.metrics));
    }

    fn describe(&self, now: PipelineTime) -> ShardPairingDescription {
        let spans_before = self.spans.earlier().map(|(_, spans)| *spans);
        ShardPairingDescription {
            spans_before: spans_before.unwrap_or_default(),
            ..self.pairing.describe(now)
        }
    }

    /// Takes on the settings of `tenant` when they are newer.
    fn follow(&mut self, tenant: &Arc<TenantProfile>) {
        if tenant.generation > self.tenant.generation {
            let (old, new) = (&self.tenant.settings, &tenant.settings);
            self.pairing.reconfigure(&old.service_graphs, &new.service_graphs);
            self.tenant = Arc::clone(tenant);
        }
    }

    /// Whether nothing waits and nothing came for as long as it takes series to become stale.
    fn is_idle(&self, now: PipelineTime) -> bool {
        let is_empty = self.submissions.is_empty() && self.pairing.is_idle();
        let kept = self.tenant.settings.registry.stale_duration;
        is_empty && now.since(self.used) >= kept
    }

    /// Sends what was completed to the aggregator; false when that has no room, and all is kept until it has.
    fn hand_on(&mut self, now: Stamp) -> bool {
        count(&self.pairing.take_outcomes(), &self.handles);
        if !self.pairing.has_edges() {
            self.submissions.clear();
            return true;
        }
        let Some(slot) = self.handles.aggregator.reserve() else {
            return false;
        };
        self.handles.note_use(now);
        let submissions = std::mem::take(&mut self.submissions);
        self.handles.aggregator.send(
            slot,
            CountEdges {
                tenant: Arc::clone(&self.tenant),
                edges: self.pairing.take_edges(),
                submissions,
                now,
            },
        );
        true
    }
}

fn count(outcomes: &Outcomes, handles: &TenantHandles) {
    let metrics = &handles.metrics;
    let halves = &metrics.halves;
    halves.paired.inc_by(outcomes.paired);
    halves.virtual_node.inc_by(outcomes.virtual_node);
    halves.expired.inc_by(outcomes.expired);
    halves.dropped_full.inc_by(outcomes.dropped_full);
    halves.dropped_filtered.inc_by(outcomes.dropped_filtered);
    metrics.pending_half_edges.inc_by(outcomes.pending_change());
    metrics
        .pending_edges
        .set(i64::try_from(handles.budgets.pending.taken()).unwrap_or(i64::MAX));
    metrics
        .pending_text_bytes
        .set(i64::try_from(handles.budgets.text_bytes.taken()).unwrap_or(i64::MAX));
    count_edges(outcomes, metrics);
}

fn count_edges(outcomes: &Outcomes, metrics: &TenantMetrics) {
    for (counter, edges) in metrics.edges.iter().zip(outcomes.edges) {
        counter.inc_by(edges);
    }
    for (counter, edges) in metrics.edges_expired.iter().zip(outcomes.expired_edges) {
        counter.inc_by(edges);
    }
    metrics.edges_dropped.inc_by(outcomes.dropped_edges);
}
