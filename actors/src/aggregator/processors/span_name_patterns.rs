//! Replaces span names by their patterns before anything else is done with a request's span metrics.

use std::borrow::Cow;
use std::sync::Arc;

use spangraph_config::SpanNameSanitization;

use super::span_names::{FrozenSpanNames, SpanNames, SpanNamesFlaw};
use crate::batches::{SpanUpdates, TextId, Texts};
use crate::time::TimeShift;

/// The place of `span_name` among an entry's labels.
const SPAN_NAME: usize = 1;

/// The span names of one tenant, and what is done with their patterns (SPEC §7).
#[derive(Debug)]
pub struct SpanNamePatterns {
    mode: SpanNameSanitization,
    names: SpanNames,
}

impl SpanNamePatterns {
    /// No names yet.
    pub fn new(mode: SpanNameSanitization) -> Self {
        Self {
            mode,
            names: SpanNames::new(),
        }
    }

    /// The updates with patterns for names; those given when names stay as they are.
    pub fn apply<'a>(
        &mut self,
        updates: &'a SpanUpdates,
        now_unix_milliseconds: i64,
    ) -> Cow<'a, SpanUpdates> {
        match self.mode {
            SpanNameSanitization::Disabled => Cow::Borrowed(updates),
            SpanNameSanitization::DryRun => {
                names(updates).for_each(|id| {
                    self.names.pattern(updates.texts.get(id), now_unix_milliseconds);
                });
                Cow::Borrowed(updates)
            }
            SpanNameSanitization::Enabled => Cow::Owned(self.rename(updates, now_unix_milliseconds)),
        }
    }

    /// The patterns as they are now.
    pub fn freeze(&self) -> FrozenSpanNames {
        self.names.freeze()
    }

    /// Takes in the patterns of a block.
    ///
    /// # Errors
    /// When they are none.
    pub fn load(&mut self, block: &[u8]) -> Result<(), SpanNamesFlaw> {
        self.names.restore(block)
    }

    /// Goes on with the patterns of `old`, unless names stay as they are.
    pub fn inherit(&mut self, old: &mut Self) {
        if self.mode != SpanNameSanitization::Disabled {
            std::mem::swap(&mut self.names, &mut old.names);
        }
    }

    /// Forgets the patterns that were last used before `oldest_unix_milliseconds`.
    pub fn forget(&mut self, oldest_unix_milliseconds: i64) {
        self.names.forget(oldest_unix_milliseconds);
    }

    /// Moves the times at which patterns were last used.
    pub fn shift(&mut self, by: TimeShift) {
        self.names.shift(by);
    }

    /// How many patterns there are.
    pub fn patterns(&self) -> usize {
        self.names.clusters()
    }

    fn rename(&mut self, updates: &SpanUpdates, now_unix_milliseconds: i64) -> SpanUpdates {
        let mut renamed = updates.clone();
        let mut texts = Texts::clone(&updates.texts);
        let width = width(updates);
        for name in renamed.labels.iter_mut().skip(SPAN_NAME).step_by(width) {
            if name.is_present() {
                let pattern = self
                    .names
                    .pattern(updates.texts.get(*name), now_unix_milliseconds);
                // A batch without room for one more text keeps the name as it is.
                *name = texts.insert(pattern.as_bytes()).unwrap_or(*name);
            }
        }
        renamed.texts = Arc::new(texts);
        renamed
    }
}

/// The names of all entries that have one.
fn names(updates: &SpanUpdates) -> impl Iterator<Item = TextId> {
    let names = updates.labels.iter().skip(SPAN_NAME).step_by(width(updates));
    names.copied().filter(|name| name.is_present())
}

/// How many labels an entry has, at least one.
fn width(updates: &SpanUpdates) -> usize {
    updates
        .labels
        .len()
        .checked_div(updates.entries.len())
        .unwrap_or(0)
        .max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batches::{FIXED_SPAN_LABELS, SpanEntry};

    /// Entries that have only a name.
    fn updates(names: &[&str]) -> SpanUpdates {
        let mut texts = Texts::new();
        let mut labels = Vec::new();
        for name in names {
            let mut entry = [TextId::ABSENT; FIXED_SPAN_LABELS];
            entry[SPAN_NAME] = texts.insert(name.as_bytes()).unwrap();
            labels.extend(entry);
        }
        let entries = vec![SpanEntry::default(); names.len()];
        SpanUpdates {
            texts: Arc::new(texts),
            entries,
            labels,
            ..SpanUpdates::default()
        }
    }

    fn renamed(mode: SpanNameSanitization, given: &[&str]) -> (Vec<String>, usize) {
        let mut patterns = SpanNamePatterns::new(mode);
        let updates = updates(given);
        let applied = patterns.apply(&updates, 0);
        let found = names(&applied)
            .map(|id| applied.texts.get(id).to_owned())
            .collect();
        (found, patterns.patterns())
    }

    #[test]
    fn names_that_differ_in_ids_become_one_pattern_from_the_second_on() {
        let given = ["GET /users/12/cart", "checkout", "GET /users/34/cart"];
        let expected = ["GET /users/12/cart", "checkout", "GET /users/<_>/cart"]
            .map(str::to_owned)
            .to_vec();
        assert_eq!(renamed(SpanNameSanitization::Enabled, &given), (expected, 1));
    }

    #[test]
    fn a_dry_run_counts_patterns_and_changes_nothing() {
        let given = ["GET /users/12/cart", "GET /users/34/cart"];
        assert_eq!(
            renamed(SpanNameSanitization::DryRun, &given),
            (given.map(str::to_owned).to_vec(), 1)
        );
        assert_eq!(renamed(SpanNameSanitization::Disabled, &given).1, 0);
    }
}
