//! Reads one line of a page.

use super::{Exemplar, Sample};
use crate::Labels;

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineProblem {
    /// It begins with no metric name.
    #[error("begins with no metric name")]
    Name,
    /// Its labels are not `{name="value",…}`, each name once.
    #[error("has labels that are not {{name=\"value\",…}}, each name once")]
    Labels,
    /// No number comes after its name and labels.
    #[error("has no number as its value")]
    Value,
    /// What comes after its value is no time.
    #[error("has something other than a time after its value")]
    Timestamp,
    /// Its exemplar is not `# {name="value",…} value` and perhaps a time.
    #[error("has an exemplar without labels or value, or more than its time after that")]
    Exemplar,
    /// It stands after `# EOF`.
    #[error("stands after the end")]
    AfterEnd,
}

/// What is not yet read of a line.
struct Rest<'a>(&'a str);

/// Reads a line; `None` when it is empty or a comment.
pub(super) fn read(line: &str) -> Option<Result<Sample, LineProblem>> {
    let is_sample = !line.is_empty() && !line.starts_with('#');
    is_sample.then(|| Rest(line).sample())
}

impl<'a> Rest<'a> {
    fn sample(mut self) -> Result<Sample, LineProblem> {
        let name = self.metric_name().ok_or(LineProblem::Name)?.to_owned();
        let labels = match self.after("{") {
            true => self.labels().ok_or(LineProblem::Labels)?,
            false => Labels::new(),
        };
        let value = self
            .after(" ")
            .then(|| self.number())
            .flatten()
            .ok_or(LineProblem::Value)?;
        let timestamp = self.timestamp().ok_or(LineProblem::Timestamp)?;
        let exemplar = match self.0 {
            "" => None,
            _ => Some(self.exemplar().ok_or(LineProblem::Exemplar)?),
        };
        Ok(Sample {
            name,
            labels,
            value,
            timestamp,
            exemplar,
        })
    }

    fn exemplar(mut self) -> Option<Exemplar> {
        let labels = self.after("# {").then(|| self.labels())??;
        let value = self.after(" ").then(|| self.number())??;
        let timestamp = self.timestamp()?;
        self.0.is_empty().then_some(Exemplar {
            labels,
            value,
            timestamp,
        })
    }

    /// The pairs up to the closing brace.
    fn labels(&mut self) -> Option<Labels> {
        let mut labels = Labels::new();
        while !self.after("}") {
            let name = self.label_name()?.to_owned();
            let value = self.after("=\"").then(|| self.quoted())??;
            let is_new = labels.insert(name, value).is_none();
            // A comma may stand after the last one too.
            let is_separated = self.after(",") || self.0.starts_with('}');
            (is_new && is_separated).then_some(())?;
        }
        Some(labels)
    }

    /// The text up to the closing quote, without its escapes.
    fn quoted(&mut self) -> Option<String> {
        let (mut characters, mut text) = (self.0.chars(), String::new());
        loop {
            match characters.next()? {
                '"' => break,
                '\\' => text.push(match characters.next()? {
                    'n' => '\n',
                    escaped @ ('\\' | '"') => escaped,
                    _ => return None,
                }),
                plain => text.push(plain),
            }
        }
        self.0 = characters.as_str();
        Some(text)
    }

    fn metric_name(&mut self) -> Option<&'a str> {
        let is_part = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | ':');
        self.name(is_part)
    }

    fn label_name(&mut self) -> Option<&'a str> {
        self.name(|character| character.is_ascii_alphanumeric() || character == '_')
    }

    /// The characters that are part of a name, of which the first is no digit.
    fn name(&mut self, is_part: impl Fn(char) -> bool) -> Option<&'a str> {
        let end = self.0.find(|character| !is_part(character));
        let (name, rest) = self.0.split_at_checked(end.unwrap_or(self.0.len()))?;
        self.0 = rest;
        let is_name = name.starts_with(|first: char| !first.is_ascii_digit());
        is_name.then_some(name)
    }

    /// A number that ends at a space or with the line.
    fn number(&mut self) -> Option<f64> {
        let (number, rest) = self.0.split_once(' ').unwrap_or((self.0, ""));
        self.0 = rest;
        number.parse().ok()
    }

    /// The time, when something other than an exemplar is left; `None` when that is no number.
    fn timestamp(&mut self) -> Option<Option<f64>> {
        match self.0 {
            "" => Some(None),
            rest if rest.starts_with('#') => Some(None),
            _ => self.number().map(Some),
        }
    }

    /// Goes past `text` when it comes next.
    fn after(&mut self, text: &str) -> bool {
        let rest = self.0.strip_prefix(text);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }
}
