//! Forgetting what nobody needs once stale series are gone, in slices: keys, label sets, tombstones, memory.

use super::Registry;
use crate::aggregator::collecting::EndedSeries;
use crate::aggregator::lookup;
use crate::tables::Column;

/// How far the forgetting after a collection has come.
///
/// Between its slices series may be updated and born. Keys go before the label sets that they lead to: a label set that gets a
/// series meanwhile stays, with the keys that it gets.
#[derive(Debug)]
pub(super) struct Forgetting {
    now_unix_milliseconds: i64,
    stage: Stage,
    /// Where the stage goes on: the row of a key, or the number of a part.
    next: usize,
    /// The walk over keys that is under way.
    walk: Option<lookup::Forgetting>,
    /// Whether a period of the limits on labels has begun, so that the values in use are to be noted anew.
    are_values_due: bool,
    /// What was ended, and is written.
    ended: Column<EndedSeries>,
}

/// What is forgotten, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Keys(Layer),
    LabelSets,
    Tombstones,
    Values(Layer),
    Ended,
    Memory,
    Over,
}

/// What has keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layer {
    ServiceGraphs,
    SpanMetrics,
}

/// To remove one thing is about as much work as to write so many samples.
const REMOVAL: usize = 2;

/// To note the values of one key is about as much work as to write so many samples.
const VALUES: usize = 2;

/// To look at tens of thousands of empty places, as giving memory back does, is about as much work as to write so many samples.
const SHRINKING: usize = 2_500;

impl Stage {
    fn next(self) -> Self {
        match self {
            Self::Keys(Layer::ServiceGraphs) => Self::Keys(Layer::SpanMetrics),
            Self::Keys(Layer::SpanMetrics) => Self::LabelSets,
            Self::LabelSets => Self::Tombstones,
            Self::Tombstones => Self::Values(Layer::ServiceGraphs),
            Self::Values(Layer::ServiceGraphs) => Self::Values(Layer::SpanMetrics),
            Self::Values(Layer::SpanMetrics) => Self::Ended,
            Self::Ended => Self::Memory,
            Self::Memory | Self::Over => Self::Over,
        }
    }
}

impl Registry {
    /// Begins to forget what is not needed at this time. What is told of at a cut is done at once: it is little.
    pub(super) fn begin_forgetting(&mut self, now_unix_milliseconds: i64, ended: Column<EndedSeries>) {
        self.span_name_patterns
            .forget(self.store.stale_since(now_unix_milliseconds));
        self.store.forget_turned_away(now_unix_milliseconds);
        self.forgetting = Some(Forgetting {
            now_unix_milliseconds,
            stage: Stage::Keys(Layer::ServiceGraphs),
            next: 0,
            walk: None,
            are_values_due: self.store.label_limits.check(now_unix_milliseconds),
            ended,
        });
    }

    /// Goes on to forget what is not needed after the last collection, for about as long as it takes to write so many samples;
    /// tells whether that is over.
    ///
    /// Edges and spans may be applied between slices. Anything else brings it to its end first.
    pub fn forget_slice(&mut self, samples: usize) -> bool {
        let Some(mut forgetting) = self.forgetting.take() else {
            return true;
        };
        let mut left = samples;
        while left > 0 && forgetting.stage != Stage::Over {
            left = left.saturating_sub(self.forget_some(&mut forgetting, left).max(1));
        }
        let is_over = forgetting.stage == Stage::Over;
        if !is_over {
            self.forgetting = Some(forgetting);
        }
        is_over
    }

    /// Notes all values that were in use when the limits on them were last checked: a period of them may have begun at the
    /// cut from which the registry goes on.
    pub(in crate::aggregator) fn see_all_values(&mut self) {
        let Some(checked) = self.store.label_limits.checked() else {
            return;
        };
        let oldest = self.store.stale_since(checked);
        for labels in [&self.service_graphs.labels, &self.span_metrics.labels] {
            labels.see_values(0..labels.keys.len(), oldest, &mut self.store.label_limits);
        }
    }

    /// Goes on with one stage, for no more work than `most`; tells how much it was.
    fn forget_some(&mut self, forgetting: &mut Forgetting, most: usize) -> usize {
        let (is_over, work) = match forgetting.stage {
            Stage::Keys(layer) => self.forget_keys(layer, forgetting, most),
            Stage::LabelSets => part(REMOVAL, most, |sets| self.store.remove_emptied(sets)),
            Stage::Tombstones => self.forget_tombstones(forgetting),
            Stage::Values(layer) => part(VALUES, most, |keys| self.see_values(layer, forgetting, keys)),
            Stage::Ended => part(1, most, |series| forgetting.forget_ended(series)),
            Stage::Memory => (self.give_memory_back(), SHRINKING),
            Stage::Over => (true, 0),
        };
        if is_over {
            (forgetting.stage, forgetting.next) = (forgetting.stage.next(), 0);
        }
        work
    }

    fn forget_keys(&mut self, layer: Layer, forgetting: &mut Forgetting, most: usize) -> (bool, usize) {
        let store = &self.store;
        let labels = match layer {
            Layer::ServiceGraphs => &mut self.service_graphs.labels,
            Layer::SpanMetrics => &mut self.span_metrics.labels,
        };
        let oldest = store.stale_since(forgetting.now_unix_milliseconds);
        let begun = forgetting.walk.take();
        let Some(mut walk) = begun.or_else(|| labels.begin_forgetting(oldest, store)) else {
            return (true, 0);
        };
        let (is_over, work) = part(REMOVAL, most, |keys| labels.forget(&mut walk, keys, store));
        forgetting.walk = (!is_over).then_some(walk);
        (is_over, work)
    }

    fn forget_tombstones(&mut self, forgetting: &mut Forgetting) -> (bool, usize) {
        let (part, now) = (forgetting.next, forgetting.now_unix_milliseconds);
        forgetting.next += 1;
        match self.store.tombstones.expire_part(part, now) {
            Some(stones) => (false, stones),
            None => (true, 0),
        }
    }

    /// Notes the values of so many keys, and tells of how many it has.
    fn see_values(&mut self, layer: Layer, forgetting: &mut Forgetting, most: usize) -> usize {
        let labels = match layer {
            Layer::ServiceGraphs => &self.service_graphs.labels,
            Layer::SpanMetrics => &self.span_metrics.labels,
        };
        let left = labels.keys.len().saturating_sub(forgetting.next);
        let met = if forgetting.are_values_due {
            most.min(left)
        } else {
            0
        };
        let rows = forgetting.next..forgetting.next + met;
        forgetting.next = rows.end;
        let oldest = self.store.stale_since(forgetting.now_unix_milliseconds);
        labels.see_values(rows, oldest, &mut self.store.label_limits);
        met
    }

    fn give_memory_back(&mut self) -> bool {
        let layers = [&mut self.service_graphs.labels, &mut self.span_metrics.labels];
        let are_keys_done = layers.map(|labels| labels.keys.shrink()) == [true; 2];
        self.store.shrink() && are_keys_done
    }
}

impl Forgetting {
    /// Forgets so many of what was ended, and tells how many it has.
    fn forget_ended(&mut self, most: usize) -> usize {
        let met = most.min(self.ended.rows());
        for _ in 0..met {
            self.ended.swap_remove(self.ended.rows() - 1);
        }
        met
    }
}

/// Has `take` take as many as are no more work than `most`, each as much as so many samples: whether there were fewer, so that
/// it is over, and how much work it was.
fn part(each: usize, most: usize, take: impl FnOnce(usize) -> usize) -> (bool, usize) {
    let asked = most.div_ceil(each);
    let taken = take(asked);
    (taken < asked, taken.saturating_mul(each))
}
