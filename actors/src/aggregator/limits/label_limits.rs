//! The limit on how many distinct values each label may have.

mod durable;

use spangraph_config::RegistrySettings;

use super::distinct::RecentlyDistinct;
use super::keyed_hash::KeyedHash;
use crate::time::TimeShift;

/// The value that a label has while it has too many.
pub const OVERFLOW_VALUE: &str = "__cardinality_overflow__";
/// How often estimates are compared with the limit.
const CHECK_MILLISECONDS: i64 = 15_000;

/// The labels of one tenant, each with an estimate of its values over the stale duration (SPEC §7).
#[derive(Debug)]
pub struct LabelLimits {
    /// 0 means no limit.
    most: usize,
    labels: Vec<Label>,
    hash: KeyedHash,
    period_milliseconds: i64,
    checked: Option<i64>,
    period_begun: Option<i64>,
    any_over: bool,
}

/// The number of a label in its [`LabelLimits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LabelId(usize);

#[derive(Debug)]
struct Label {
    name: String,
    values: RecentlyDistinct,
    is_over: bool,
    limited_updates: u64,
}

/// What is known of a label that has a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelDemand {
    /// The label's name.
    pub name: String,
    /// How many distinct values it has or would have, estimated.
    pub values: usize,
    /// Whether its values are taken together now.
    pub is_over: bool,
    /// Updates whose value was taken together with others, ever.
    pub limited_updates: u64,
}

impl LabelLimits {
    /// No labels yet.
    pub fn new(settings: &RegistrySettings) -> Self {
        Self {
            most: settings.max_cardinality_per_label,
            labels: Vec::new(),
            hash: KeyedHash::new(),
            period_milliseconds: i64::try_from(settings.stale_duration.as_millis()).unwrap_or(i64::MAX),
            checked: None,
            period_begun: None,
            any_over: false,
        }
    }

    /// The numbers of the labels with these names, which are the same wherever a name comes again.
    pub fn add(&mut self, names: &[String]) -> Vec<LabelId> {
        names.iter().map(|name| self.add_one(name)).collect()
    }

    /// Goes on with what `old` knows of the labels that are still there.
    pub fn inherit(&mut self, old: Self) {
        (self.hash, self.checked, self.period_begun) = (old.hash, old.checked, old.period_begun);
        for known in old.labels {
            if let Some(label) = self.labels.iter_mut().find(|label| label.name == known.name) {
                *label = known;
            }
        }
        if self.most == 0 {
            self.labels.iter_mut().for_each(|label| label.is_over = false);
        }
        self.any_over = self.labels.iter().any(|label| label.is_over);
    }

    /// The most values that a label may have; 0 means no limit.
    pub fn most(&self) -> usize {
        self.most
    }

    /// When estimates were last compared with the limit, in milliseconds since the Unix epoch.
    pub fn checked(&self) -> Option<i64> {
        self.checked
    }

    /// Whether any label has too many values.
    pub fn any_over(&self) -> bool {
        self.any_over
    }

    /// Notes the values of the labels `ids`, and puts the overflow's in place of those that have too many.
    pub fn limit(&mut self, ids: &[LabelId], values: &mut [Option<&str>]) {
        for (id, value) in ids.iter().zip(values) {
            self.see(*id, value.unwrap_or_default());
            let label = self.label(*id);
            if label.is_over && value.is_some_and(|value| !value.is_empty()) {
                label.limited_updates += 1;
                *value = Some(OVERFLOW_VALUE);
            }
        }
    }

    /// Notes a value; an empty one is none.
    pub fn see(&mut self, id: LabelId, value: &str) {
        if self.most > 0 && !value.is_empty() && value != OVERFLOW_VALUE {
            let hash = self.hash.hash(value.as_bytes());
            self.label(id).values.see(hash);
        }
    }

    /// Compares estimates with the limit when it is time. Tells whether a new period has begun: then the values
    /// that are in use, and that [`Self::limit`] may not see again, are to be noted anew.
    #[must_use]
    pub fn check(&mut self, now_unix_milliseconds: i64) -> bool {
        let is_due = |last: Option<i64>, after: i64| {
            last.is_none_or(|last| now_unix_milliseconds.saturating_sub(last) >= after)
        };
        if self.most == 0 || !is_due(self.checked, CHECK_MILLISECONDS) {
            return false;
        }
        self.checked = Some(now_unix_milliseconds);
        for label in &mut self.labels {
            label.is_over = label.values.estimate() > self.most;
        }
        self.any_over = self.labels.iter().any(|label| label.is_over);
        let begun = *self.period_begun.get_or_insert(now_unix_milliseconds);
        let ends = is_due(Some(begun), self.period_milliseconds);
        if ends {
            self.period_begun = Some(now_unix_milliseconds);
            for label in &mut self.labels {
                label.values.begin_period();
            }
        }
        ends
    }

    /// Moves the times of the last check and of the period's begin.
    pub fn shift(&mut self, by: TimeShift) {
        let times = self.checked.iter_mut().chain(&mut self.period_begun);
        times.for_each(|time| by.apply(time));
    }

    /// What is known of each label; nothing when there is no limit.
    pub fn demand(&self) -> impl Iterator<Item = LabelDemand> {
        let labels = self.labels.iter().filter(|_| self.most > 0);
        labels.map(|label| LabelDemand {
            name: label.name.clone(),
            values: label.values.estimate(),
            is_over: label.is_over,
            limited_updates: label.limited_updates,
        })
    }

    /// The bytes that are allocated for estimates.
    pub fn memory_bytes(&self) -> usize {
        self.labels.iter().map(|label| label.values.memory_bytes()).sum()
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "a number is given with its label, which stays; other limits come with other numbers"
    )]
    fn label(&mut self, id: LabelId) -> &mut Label {
        &mut self.labels[id.0]
    }

    fn add_one(&mut self, name: &str) -> LabelId {
        let known = self.labels.iter().position(|label| label.name == name);
        LabelId(known.unwrap_or_else(|| {
            self.labels.push(Label {
                name: name.to_owned(),
                values: RecentlyDistinct::default(),
                is_over: false,
                limited_updates: 0,
            });
            self.labels.len() - 1
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn limits(most: usize) -> (LabelLimits, Vec<LabelId>) {
        let mut limits = LabelLimits::new(&RegistrySettings {
            max_cardinality_per_label: most,
            stale_duration: Duration::from_secs(60),
            ..RegistrySettings::default()
        });
        let ids = limits.add(&["service".to_owned(), "zone".to_owned(), "service".to_owned()]);
        (limits, ids)
    }

    fn limited<'a>(
        limits: &mut LabelLimits,
        ids: &[LabelId],
        values: [Option<&'a str>; 2],
    ) -> [Option<&'a str>; 2] {
        let mut values = values;
        limits.limit(ids, &mut values);
        values
    }

    #[test]
    fn a_label_over_its_limit_has_one_value_from_the_next_check_on() {
        let (mut limits, ids) = limits(10);
        assert_eq!(ids[0], ids[2]);
        let many: Vec<_> = (0..20).map(|number| format!("s{number}")).collect();
        for value in &many {
            assert_eq!(
                limited(&mut limits, &ids, [Some(value), Some("z")]),
                [Some(&**value), Some("z")]
            );
        }
        assert!(!limits.check(0));
        assert!(limits.any_over());
        let overflow = Some(OVERFLOW_VALUE);
        assert_eq!(
            limited(&mut limits, &ids, [Some("s1"), Some("z")]),
            [overflow, Some("z")]
        );
        assert_eq!(limited(&mut limits, &ids, [None, None]), [None, None]);
        let service = limits.demand().next().unwrap();
        assert_eq!(
            (service.values, service.is_over, service.limited_updates),
            (20, true, 1)
        );
    }

    #[test]
    fn a_label_is_itself_again_when_its_values_were_not_seen_for_two_periods() {
        let (mut limits, ids) = limits(10);
        for number in 0..20 {
            limits.see(ids[0], &number.to_string());
        }
        assert!(!limits.check(0));
        assert!(!limits.check(14_999), "it is not time");
        assert!(limits.check(60_000));
        assert!(!limits.check(75_000));
        assert!(limits.any_over());
        assert!(limits.check(120_000));
        assert!(!limits.check(135_000));
        assert!(!limits.any_over());
        assert_eq!(limits.memory_bytes(), 0);
    }

    #[test]
    fn a_label_is_itself_again_when_the_limit_is_taken_away() {
        let (mut old, ids) = limits(10);
        for number in 0..20 {
            old.see(ids[0], &number.to_string());
        }
        assert!(!old.check(0));
        let (mut unlimited, ids) = limits(0);
        unlimited.inherit(old);
        assert!(!unlimited.any_over());
        let values = [Some("s1"), Some("z")];
        assert_eq!(limited(&mut unlimited, &ids, values), values);
    }

    #[test]
    fn without_a_limit_nothing_is_estimated() {
        let (mut limits, ids) = limits(0);
        limits.see(ids[0], "s");
        assert!(!limits.check(0));
        assert_eq!((limits.memory_bytes(), limits.demand().count()), (0, 0));
    }
}
