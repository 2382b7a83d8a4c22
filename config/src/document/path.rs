//! The way from the top of a document down to one of its nodes.

use std::fmt;

/// One step down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// To the value of this key of a mapping.
    Key(String),
    /// To this item of a list, counted from 0 among the items that are still there.
    Item(usize),
}

/// The way from the top of a document down to one of its nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(Vec<Step>);

impl Path {
    /// The way written as keys with dots between, such as `metrics_generator.registry`.
    pub fn of_keys(keys: &str) -> Self {
        Self(
            keys.split('.')
                .filter(|key| !key.is_empty())
                .map(|key| Step::Key(key.to_owned()))
                .collect(),
        )
    }

    /// The way to `key` of this mapping.
    pub fn key(&self, key: &str) -> Self {
        self.then(Step::Key(key.to_owned()))
    }

    /// The way to the item `index` of this list.
    pub fn item(&self, index: usize) -> Self {
        self.then(Step::Item(index))
    }

    /// This way, and then on along `further`.
    pub fn join(&self, further: &Self) -> Self {
        self.0.iter().chain(&further.0).cloned().collect()
    }

    /// The steps from the top down.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The way to the node above, and the last step from there; `None` at the top.
    pub fn split_last(&self) -> Option<(Self, &Step)> {
        let (last, above) = self.0.split_last()?;
        Some((Self(above.to_vec()), last))
    }

    /// The way with `[]` for every item, as tables of keys are written.
    pub fn pattern(&self) -> String {
        let mut pattern = String::new();
        for step in &self.0 {
            match step {
                Step::Key(key) if pattern.is_empty() => pattern.push_str(key),
                Step::Key(key) => pattern.extend([".", key]),
                Step::Item(_) => pattern.push_str("[]"),
            }
        }
        pattern
    }

    /// Turns steps that were noted from the bottom up into a way.
    pub fn from_bottom_up(mut steps: Vec<Step>) -> Self {
        steps.reverse();
        Self(steps)
    }

    fn then(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}

impl FromIterator<Step> for Path {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        Self(steps.into_iter().collect())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if index == 0 => formatter.write_str(key)?,
                Step::Key(key) => write!(formatter, ".{key}")?,
                Step::Item(item) => write!(formatter, "[{item}]")?,
            }
        }
        Ok(())
    }
}
