//! The matcher actor: owns the pending tables of its share of traces.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::prelude::*;
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use spangraph_config::TenantId;

use super::{Outcomes, Pairing};
use crate::activity::ActorMeter;
use crate::aggregator::{CountEdges, Reconfigure};
use crate::dimensions::Relayout;
use crate::gate::Permit;
use crate::half_edge::HalfEdges;
use crate::lifeline::Lifeline;
use crate::mailbox::{Queued, set_capacity};
use crate::metrics::TenantMetrics;
use crate::moment::Moment;
use crate::tenants::Tenant;

/// Pairs the halves of its share of traces; one an arbiter.
#[derive(Debug)]
pub struct Matcher {
    tenants: HashMap<TenantId, TenantPairing, RandomState>,
    meter: Arc<ActorMeter>,
    lifeline: Lifeline,
}

/// One tenant's pairing, and what waits until its edges were handed on.
#[derive(Debug)]
struct TenantPairing {
    tenant: Arc<Tenant>,
    pairing: Pairing,
    permits: Vec<Arc<Permit>>,
    used: Instant,
}

/// How long a tenant without anything that waits is kept, so that its tables need not be made anew for each request.
const KEPT_IDLE: Duration = Duration::from_secs(5);

/// Halves of one request that belong to this shard.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct MatchHalves {
    /// Whose they are.
    pub tenant: Arc<Tenant>,
    /// The halves.
    pub halves: HalfEdges,
    /// What their request holds of the gate.
    pub permit: Arc<Permit>,
    /// When the request came in.
    pub received: Moment,
}

/// Asks a matcher to give up the edges whose wait is over.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Expire {
    /// The timer's clock.
    pub now: Moment,
}

/// Asks a matcher to hand on what it completed and to end.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Drained")]
pub struct DrainMatcher {
    /// The timer's clock.
    pub now: Moment,
}

/// What a matcher still has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, MessageResponse)]
pub struct Drained {
    /// Tenants whose aggregators had no room for the last edges; the matcher goes on until they have.
    pub tenants_left: usize,
    /// Edges that still waited for a half; they are lost.
    pub edges_lost: usize,
}

impl Matcher {
    /// A matcher with no tenants.
    #[must_use]
    pub fn new(meter: Arc<ActorMeter>, lifeline: Lifeline) -> Self {
        Self {
            tenants: HashMap::default(),
            meter,
            lifeline,
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

    fn handle(&mut self, queued: Queued<MatchHalves>, _: &mut Self::Context) {
        let (message, _handling) = queued.open();
        let MatchHalves {
            tenant,
            mut halves,
            permit,
            received,
        } = message;
        let entry = self.tenants.entry_ref(&tenant.id);
        let shard = entry.or_insert_with(|| TenantPairing::new(Arc::clone(&tenant), received.steady));
        shard.follow(&tenant);
        if tenant.generation < shard.tenant.generation {
            let (old, new) = (&tenant.settings, &shard.tenant.settings);
            if let Some(relayout) = Relayout::of_halves(&old.service_graphs, &new.service_graphs) {
                halves.relayout(&relayout);
            }
        }
        shard.pairing.apply(&halves, received.steady);
        shard.permits.push(permit);
        shard.used = received.steady;
        shard.hand_on(received);
    }
}

impl Handler<Expire> for Matcher {
    type Result = ();

    fn handle(&mut self, Expire { now }: Expire, _: &mut Self::Context) {
        let _handling = self.meter.chore();
        self.tenants.retain(|_, shard| {
            shard.pairing.expire(now.steady);
            shard.hand_on(now);
            !shard.is_idle(now)
        });
    }
}

impl Handler<Reconfigure> for Matcher {
    type Result = ();

    fn handle(&mut self, Reconfigure { tenant }: Reconfigure, _: &mut Self::Context) {
        let _handling = self.meter.chore();
        if let Some(shard) = self.tenants.get_mut(&tenant.id) {
            shard.follow(&tenant);
        }
    }
}

impl Handler<DrainMatcher> for Matcher {
    type Result = Drained;

    fn handle(&mut self, DrainMatcher { now }: DrainMatcher, context: &mut Self::Context) -> Drained {
        let shards = self.tenants.values_mut();
        let tenants_left = shards
            .filter_map(|shard| (!shard.hand_on(now)).then_some(()))
            .count();
        let edges_lost = self
            .tenants
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
    fn new(tenant: Arc<Tenant>, now: Instant) -> Self {
        let pairing = Pairing::new(&tenant.settings.service_graphs, tenant.budgets.clone());
        Self {
            tenant,
            pairing,
            permits: Vec::new(),
            used: now,
        }
    }

    /// Takes on the settings of `tenant` when they are newer.
    fn follow(&mut self, tenant: &Arc<Tenant>) {
        if tenant.generation > self.tenant.generation {
            let (old, new) = (&self.tenant.settings, &tenant.settings);
            self.pairing.reconfigure(&old.service_graphs, &new.service_graphs);
            self.tenant = Arc::clone(tenant);
        }
    }

    /// Whether nothing waits and nothing came for a while.
    fn is_idle(&self, now: Moment) -> bool {
        let is_empty = self.permits.is_empty() && self.pairing.is_idle();
        is_empty && now.steady.saturating_duration_since(self.used) >= KEPT_IDLE
    }

    /// Sends what was completed to the aggregator; false when that has no room, and all is kept until it has.
    fn hand_on(&mut self, now: Moment) -> bool {
        count(&self.pairing.take_outcomes(), &self.tenant);
        if !self.pairing.has_edges() {
            self.permits.clear();
            return true;
        }
        let Some(slot) = self.tenant.aggregator.reserve() else {
            return false;
        };
        let permits = std::mem::take(&mut self.permits);
        self.tenant.aggregator.send(
            slot,
            CountEdges {
                tenant: Arc::clone(&self.tenant),
                edges: self.pairing.take_edges(),
                permits,
                now,
            },
        );
        true
    }
}

fn count(outcomes: &Outcomes, tenant: &Tenant) {
    let metrics = &tenant.metrics;
    let halves = &metrics.halves;
    halves.paired.inc_by(outcomes.paired);
    halves.virtual_node.inc_by(outcomes.virtual_node);
    halves.expired.inc_by(outcomes.expired);
    halves.dropped_full.inc_by(outcomes.dropped_full);
    halves.dropped_filtered.inc_by(outcomes.dropped_filtered);
    metrics.pending_half_edges.inc_by(outcomes.pending_change());
    metrics
        .pending_edges
        .set(i64::try_from(tenant.budgets.pending.taken()).unwrap_or(i64::MAX));
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
