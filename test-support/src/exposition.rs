//! A page to scrape, in Prometheus' text format or OpenMetrics, as samples that can be asked for.

mod line;
mod text;

use std::collections::BTreeMap;

pub use self::line::LineProblem;
use crate::Labels;

/// One line of a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The metric's name, with `_total`, `_bucket`, `_sum` or `_count` where it has one.
    pub name: String,
    /// Its labels, `le` among them.
    pub labels: Labels,
    /// Its value.
    pub value: f64,
    /// Its time in the unit of its format: milliseconds in Prometheus' text format, seconds in OpenMetrics.
    pub timestamp: Option<f64>,
    /// The observation that stands after it.
    pub exemplar: Option<Exemplar>,
}

/// One observation of those that a sample counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Exemplar {
    /// What tells where it was made, such as the id of a trace.
    pub labels: Labels,
    /// What was observed.
    pub value: f64,
    /// When, in seconds since the Unix epoch.
    pub timestamp: Option<f64>,
}

/// Why a page is not in the format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpositionError {
    /// A line is neither empty, nor a comment, nor a sample.
    #[error("line {line} {problem}: {text}")]
    NotASample {
        /// Its number, from 1 on.
        line: usize,
        /// What is wrong with it.
        problem: LineProblem,
        /// The line itself.
        text: String,
    },
    /// Two lines have the same name and labels.
    #[error("a series stands twice: {sample}")]
    Repeated {
        /// One of the lines.
        sample: String,
    },
}

/// All samples of a page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scrape {
    /// By their names, and sorted by their labels.
    samples: BTreeMap<String, Vec<Sample>>,
}

impl Sample {
    /// A label's value, empty when there is none.
    #[must_use]
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }

    fn has(&self, labels: &[(&str, &str)]) -> bool {
        let mut labels = labels.iter();
        labels.all(|(name, value)| self.labels.get(*name).is_some_and(|found| found == value))
    }
}

/// The samples of a page one by one, for pages that are too large to hold at once.
///
/// # Errors
/// An item is an error for each line that is no sample.
pub fn samples(page: &str) -> impl Iterator<Item = Result<Sample, ExpositionError>> {
    let mut has_ended = false;
    page.lines().zip(1..).filter_map(move |(text, line)| {
        let read = if has_ended {
            Err(LineProblem::AfterEnd)
        } else {
            has_ended = text == "# EOF";
            line::read(text)?
        };
        Some(read.map_err(|problem| ExpositionError::NotASample {
            line,
            problem,
            text: text.to_owned(),
        }))
    })
}

impl Scrape {
    /// Reads a page.
    ///
    /// # Errors
    /// On the first line that is no sample, and on a series that stands twice.
    pub fn parse(page: &str) -> Result<Self, ExpositionError> {
        Self::of(samples(page).collect::<Result<Vec<_>, _>>()?)
    }

    /// Takes samples that came otherwise than by a page.
    ///
    /// # Errors
    /// On a series that stands twice.
    pub fn of(samples: impl IntoIterator<Item = Sample>) -> Result<Self, ExpositionError> {
        let mut scrape = Self::default();
        for sample in samples {
            let series = scrape.samples.entry(sample.name.clone()).or_default();
            series.push(sample);
        }
        for series in scrape.samples.values_mut() {
            series.sort_by(|left, right| left.labels.cmp(&right.labels));
            if let Some([sample, _]) = series
                .array_windows()
                .find(|[left, right]| left.labels == right.labels)
            {
                let sample = sample.to_string();
                return Err(ExpositionError::Repeated { sample });
            }
        }
        Ok(scrape)
    }

    /// Every sample, sorted by name and labels.
    pub fn samples(&self) -> impl Iterator<Item = &Sample> {
        self.samples.values().flatten()
    }

    /// The samples with this name and at least these labels.
    pub fn select(&self, name: &str, labels: &[(&str, &str)]) -> impl Iterator<Item = &Sample> {
        let series = self.samples.get(name).into_iter().flatten();
        series.filter(move |sample| sample.has(labels))
    }

    /// The value of the sample with this name and exactly these labels.
    #[must_use]
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let mut exact = self
            .select(name, labels)
            .filter(|sample| sample.labels.len() == labels.len());
        exact.next().map(|sample| sample.value)
    }

    /// The sum of the samples with this name and at least these labels; 0 when there are none.
    #[must_use]
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.select(name, labels).map(|sample| sample.value).sum()
    }

    /// The sums by the value of one label, empty where a sample has none.
    #[must_use]
    pub fn sum_by_label(&self, name: &str, label: &str) -> BTreeMap<String, f64> {
        let sums = self.sum_by(name, [label]).into_iter();
        sums.map(|([value], sum)| (value, sum)).collect()
    }

    /// The sums by the values of several labels, empty where a sample has none.
    #[must_use]
    pub fn sum_by<const LABELS: usize>(
        &self,
        name: &str,
        labels: [&str; LABELS],
    ) -> BTreeMap<[String; LABELS], f64> {
        let mut sums = BTreeMap::new();
        for sample in self.select(name, &[]) {
            let values = labels.map(|label| sample.label(label).to_owned());
            *sums.entry(values).or_default() += sample.value;
        }
        sums
    }

    /// The samples that `page` has not, or not just so.
    #[must_use]
    pub fn missing_from(&self, page: &Self) -> Vec<&Sample> {
        let is_there = |sample: &&Sample| page.select(&sample.name, &[]).any(|found| found == *sample);
        self.samples().filter(|sample| !is_there(sample)).collect()
    }
}

#[cfg(test)]
mod tests;
