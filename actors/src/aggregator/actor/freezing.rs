//! How an aggregator's series go into an epoch.

use std::sync::Arc;
use std::time::Instant;

use actix::prelude::*;

use super::Aggregator;
use super::collecting::{RunningCollection, after};
use crate::activity::Turn;
use crate::aggregator::RegistryImage;
use crate::batches::Collected;
use crate::time::Stamp;

/// Asks for the state of all series as it is now. Nothing is in flight meanwhile.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "FrozenSeries")]
pub struct FreezeSeries {
    /// The time of the cut.
    pub now: Stamp,
    /// Whether the series are due for collection.
    pub is_due: bool,
}

/// The series of a tenant as of a cut.
#[derive(Debug, MessageResponse)]
pub struct FrozenSeries {
    /// The state, from which what is due is collected.
    pub image: RegistryImage,
    /// What was collected since the last cut.
    pub collected: Vec<Arc<Collected>>,
}

impl Handler<FreezeSeries> for Aggregator {
    type Result = FrozenSeries;

    fn handle(
        &mut self,
        FreezeSeries { now, is_due }: FreezeSeries,
        context: &mut Self::Context,
    ) -> FrozenSeries {
        let _handling = self.meter.message().of(Turn::Freeze);
        self.finish_waiting();
        self.finish_collection();
        let begun = Instant::now();
        let now = self.at(now).unix_milliseconds();
        let collects = is_due && self.is_collected();
        if collects {
            self.collected = after(self.collected, now);
        }
        let image = match (is_due, collects) {
            (_, true) => self.registry.freeze(self.collected, true),
            (true, false) => {
                self.registry.evict(now);
                self.registry.freeze(now, false)
            }
            (false, false) => self.registry.freeze(now, false),
        };
        if is_due {
            self.running = Some(RunningCollection::of_cut(now, begun.elapsed()));
            self.remind(context);
        }
        let collected = self.until_epoch.as_mut().map(std::mem::take).unwrap_or_default();
        FrozenSeries { image, collected }
    }
}
