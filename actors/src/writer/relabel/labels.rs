//! The labels of one series while rules change them.

/// Labels in the order in which rules go through them: those that it had, then those that were set.
///
/// A label is never empty, neither its name nor its value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    had: Vec<(String, String)>,
    set: Vec<(String, String)>,
}

impl Labels {
    /// The labels that a series has.
    pub fn of<'a>(labels: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let filled = labels.filter(|(_, value)| !value.is_empty());
        Self {
            had: filled
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            set: Vec::new(),
        }
    }

    /// The value of `name`; empty when there is none.
    pub fn get(&self, name: &str) -> &str {
        let found = self.iter().find(|(label, _)| label == name);
        found.map_or("", |(_, value)| value)
    }

    /// Gives `name` this value; an empty one removes it.
    pub fn set(&mut self, name: &str, value: String) {
        if name.is_empty() {
            return;
        }
        if value.is_empty() {
            return self.remove(name);
        }
        self.had.retain(|(label, _)| label != name);
        match self.set.iter_mut().find(|(label, _)| label == name) {
            Some((_, before)) => *before = value,
            None => self.set.push((name.to_owned(), value)),
        }
    }

    /// Keeps the labels whose names are `wanted`.
    pub fn keep_names(&mut self, wanted: impl Fn(&str) -> bool) {
        self.had.retain(|(name, _)| wanted(name));
        self.set.retain(|(name, _)| wanted(name));
    }

    /// All labels, in order.
    pub fn iter(&self) -> impl Iterator<Item = &(String, String)> {
        self.had.iter().chain(&self.set)
    }

    /// All labels by name, as they must be sent.
    pub fn sorted(self) -> Vec<(String, String)> {
        let mut labels = self.had;
        labels.extend(self.set);
        labels.sort();
        labels
    }

    fn remove(&mut self, name: &str) {
        self.keep_names(|label| label != name);
    }
}
