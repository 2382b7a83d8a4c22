//! What a series is: its labels, and what must hold of them.

use super::{Label, Sample, TimeSeries};
use crate::Labels;

/// Labels that a store need not take: unsorted, repeated, or without a name or a value.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("labels are unsorted, repeated or empty: {0:?}")]
pub struct MalformedLabels(pub Vec<Label>);

impl TimeSeries {
    /// One sample, at a time in milliseconds since the Unix epoch, of the series with these labels.
    #[must_use]
    pub fn with_sample(labels: &[(&str, &str)], value: f64, timestamp: i64) -> Self {
        let label = |(name, value): &(&str, &str)| Label {
            name: (*name).to_owned(),
            value: (*value).to_owned(),
        };
        Self {
            labels: labels.iter().map(label).collect(),
            samples: vec![Sample { value, timestamp }],
            ..Self::default()
        }
    }

    /// The metric's name, empty when there is none.
    #[must_use]
    pub fn name(&self) -> &str {
        let name = self.labels.iter().find(|label| label.name == "__name__");
        name.map_or("", |label| label.value.as_str())
    }

    /// The labels by name, the metric's name among them as `__name__`.
    ///
    /// # Errors
    /// When they are not sorted by name, each name once, or one has no name or no value.
    pub fn label_set(&self) -> Result<Labels, MalformedLabels> {
        let is_sorted = self.labels.is_sorted_by(|one, next| one.name < next.name);
        let is_empty = |label: &Label| label.name.is_empty() || label.value.is_empty();
        if !is_sorted || self.labels.iter().any(is_empty) {
            return Err(MalformedLabels(self.labels.clone()));
        }
        let labels = self.labels.iter();
        Ok(labels
            .map(|label| (label.name.clone(), label.value.clone()))
            .collect())
    }
}
