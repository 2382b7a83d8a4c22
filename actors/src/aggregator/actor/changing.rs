//! How an aggregator takes on settings under which series end: in slices, while what comes meanwhile waits in its order.

use std::sync::Arc;

use actix::prelude::*;
use tokio::sync::oneshot;

use super::collecting::RunningCollection;
use super::{Aggregator, CountEdges, Reconfigure};
use crate::aggregator::processors::relabel_updates;
use crate::batches::{Relayout, UpdateSpanMetrics};
use crate::supervision::Queued;
use crate::tenants::TenantProfile;
use crate::time::{PipelineTime, Stamp};

/// Settings that are being taken on.
#[derive(Debug)]
pub(super) struct Change {
    tenant: Arc<TenantProfile>,
    now: PipelineTime,
    step: Step,
}

/// What comes next, once the collection that runs is over.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Series that end are sent once more with all others, as far as they came.
    CollectLast,
    /// Series end, with their staleness markers.
    End,
    /// What is left goes on under the new settings.
    TakeOn,
}

/// What depends on settings and is handled in the order in which it came. What waits keeps its place in the mailbox.
#[derive(Debug)]
pub(super) enum Work {
    /// Edges to be counted.
    Edges(Queued<CountEdges>),
    /// Span metrics to be updated.
    Spans(Queued<UpdateSpanMetrics>),
    /// New settings and writers, and who is told when they are followed.
    Settings(Reconfigure, oneshot::Sender<()>),
}

/// So much of what waited is handled in one turn: more than one, so that it becomes less while more comes.
const HANDLED_TOGETHER: usize = 2;

impl Work {
    fn tenant(&self) -> &Arc<TenantProfile> {
        match self {
            Self::Edges(queued) => &queued.message().tenant,
            Self::Spans(queued) => &queued.message().tenant,
            Self::Settings(message, _) => &message.tenant.profile,
        }
    }

    fn stamp(&self) -> Stamp {
        match self {
            Self::Edges(queued) => queued.message().now,
            Self::Spans(queued) => queued.message().now,
            Self::Settings(message, _) => message.now,
        }
    }
}

impl Aggregator {
    /// Does `work`, now or after what waits already.
    pub(super) fn take(&mut self, work: Work, context: &mut Context<Self>) {
        let waits = self.is_changing() || !self.waiting.is_empty();
        if let Some(work) = if waits { Some(work) } else { self.handle_work(work) } {
            self.waiting.push_back(work);
            self.remind(context);
        }
    }

    /// Whether settings are being taken on.
    pub(super) fn is_changing(&self) -> bool {
        self.change.is_some()
    }

    /// Does some of what waited, when it need not wait any more; whether there was any.
    pub(super) fn handle_waiting(&mut self) -> bool {
        let mut is_any = false;
        for _ in 0..HANDLED_TOGETHER {
            if self.is_changing() {
                break;
            }
            let Some(work) = self.waiting.pop_front() else {
                break;
            };
            is_any = true;
            if let Some(work) = self.handle_work(work) {
                self.waiting.push_front(work);
            }
        }
        is_any
    }

    /// Takes settings on and does what waits for that, at once.
    pub(super) fn finish_waiting(&mut self) {
        self.finish_change();
        while !self.waiting.is_empty() {
            self.handle_waiting();
            self.finish_change();
        }
    }

    /// Takes on the settings that are being taken on, at once.
    pub(super) fn finish_change(&mut self) {
        while self.is_changing() {
            self.go_on_changing(usize::MAX);
        }
    }

    /// Goes on with taking on settings, for about as long as it takes to write so many samples.
    pub(super) fn go_on_changing(&mut self, samples: usize) {
        let is_busy = self.go_on(samples);
        let Some(change) = self.change.take_if(|_| !is_busy) else {
            return;
        };
        let step = match change.step {
            Step::CollectLast => {
                self.begin_last_collection(&change);
                Step::End
            }
            Step::End => {
                self.begin_ending(&change);
                Step::TakeOn
            }
            Step::TakeOn => return self.take_on(&change.tenant),
        };
        self.change = Some(Change { step, ..change });
    }

    /// Takes on the settings of `tenant` when they are newer; false when that has begun and takes some turns.
    fn follow(&mut self, tenant: &Arc<TenantProfile>, now: PipelineTime) -> bool {
        if tenant.generation <= self.generation {
            return true;
        }
        let ends = self.registry.would_end_series(&tenant.settings, &self.tenant);
        if !ends && self.running.is_none() {
            self.take_on(tenant);
            return true;
        }
        self.change = Some(Change {
            tenant: Arc::clone(tenant),
            now,
            step: if ends { Step::CollectLast } else { Step::TakeOn },
        });
        false
    }

    /// Does `work`; given back when settings come with it that take some turns.
    fn handle_work(&mut self, work: Work) -> Option<Work> {
        let now = self.at(work.stamp());
        if !self.follow(work.tenant(), now) {
            return Some(work);
        }
        match work {
            Work::Edges(queued) => self.count_edges(queued, now),
            Work::Spans(queued) => self.update_spans(queued, now),
            Work::Settings(message, followed) => {
                self.follow_writers(&message);
                // Who asked may have gone.
                let _ = followed.send(());
            }
        }
        None
    }

    fn begin_last_collection(&mut self, change: &Change) {
        if self.is_collected() {
            self.begin_collection(change.now);
        }
    }

    /// The markers come after the last samples.
    fn begin_ending(&mut self, change: &Change) {
        if self.is_collected() {
            self.collected += 1;
        }
        let now = if self.is_collected() {
            self.collected
        } else {
            change.now.unix_milliseconds()
        };
        let settings = &change.tenant.settings;
        let ending = self.registry.begin_ending(settings, &self.tenant, now);
        self.running = Some(RunningCollection::of_ends(ending));
    }

    fn take_on(&mut self, tenant: &TenantProfile) {
        // Everything that ends has ended.
        self.registry
            .reconfigure(&tenant.settings, &self.tenant, self.collected);
        let labels = self.registry.label_demand();
        self.label_updates = labels.map(|label| (label.name, label.limited_updates)).collect();
        (self.generation, self.settings) = (tenant.generation, Arc::clone(&tenant.settings));
    }

    fn count_edges(&mut self, queued: Queued<CountEdges>, now: PipelineTime) {
        let (message, _handling) = queued.open();
        let CountEdges {
            tenant,
            mut edges,
            submissions,
            ..
        } = message;
        if tenant.generation < self.generation {
            let (old, new) = (&tenant.settings.service_graphs, &self.settings.service_graphs);
            if let Some(relayout) = Relayout::of_edges(old, new) {
                edges.relayout(&relayout);
            }
        }
        self.registry.apply(&edges, now.unix_milliseconds());
        drop(submissions);
        self.catch_up();
    }

    fn update_spans(&mut self, queued: Queued<UpdateSpanMetrics>, now: PipelineTime) {
        let (message, _handling) = queued.open();
        let UpdateSpanMetrics {
            tenant,
            mut updates,
            submission,
            ..
        } = message;
        if tenant.generation < self.generation {
            let (old, new) = (&tenant.settings.span_metrics, &self.settings.span_metrics);
            relabel_updates(&mut updates, old, new);
        }
        self.registry.apply_spans(&updates, now.unix_milliseconds());
        drop(submission);
        self.catch_up();
    }

    fn follow_writers(&mut self, message: &Reconfigure) {
        let tenant = &message.tenant;
        if tenant.profile.generation > self.writers_of {
            self.writers_of = tenant.profile.generation;
            self.lead_to(&tenant.writers);
        }
    }
}
