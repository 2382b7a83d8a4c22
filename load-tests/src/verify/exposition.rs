//! Reads Prometheus' text format into samples.

use std::collections::BTreeMap;

use anyhow::Context as _;

/// One sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The metric's name.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its value.
    pub value: f64,
}

/// The samples of one page, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scrape {
    samples: BTreeMap<String, Vec<Sample>>,
}

impl Scrape {
    /// Reads a page.
    ///
    /// # Errors
    /// Names the first line that is no sample.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let mut scrape = Self::default();
        for line in text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            let sample = parse_line(line).with_context(|| format!("not a sample: {line}"))?;
            scrape
                .samples
                .entry(sample.name.clone())
                .or_default()
                .push(sample);
        }
        Ok(scrape)
    }

    /// The samples with this name.
    pub fn samples(&self, name: &str) -> impl Iterator<Item = &Sample> {
        self.samples.get(name).into_iter().flatten()
    }

    /// The sum of the samples with this name; 0 when there are none.
    #[must_use]
    pub fn sum(&self, name: &str) -> f64 {
        self.samples(name).map(|sample| sample.value).sum()
    }

    /// The sum by the values of `labels`, empty where a sample has none.
    #[must_use]
    pub fn sum_by<const LABELS: usize>(
        &self,
        name: &str,
        labels: [&str; LABELS],
    ) -> BTreeMap<[String; LABELS], f64> {
        let mut sums = BTreeMap::new();
        for sample in self.samples(name) {
            *sums
                .entry(labels.map(|label| sample.label(label).to_owned()))
                .or_default() += sample.value;
        }
        sums
    }
}

impl Sample {
    /// A label's value, empty when there is none.
    #[must_use]
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

fn parse_line(line: &str) -> Option<Sample> {
    let (name, rest) = line.split_at(line.find(['{', ' '])?);
    let (labels, rest) = parse_labels(rest)?;
    Some(Sample {
        name: name.to_owned(),
        labels,
        value: rest.split_whitespace().next()?.parse().ok()?,
    })
}

/// Reads `{name="value",…}` when it is there, and gives back what follows.
fn parse_labels(text: &str) -> Option<(BTreeMap<String, String>, &str)> {
    let mut labels = BTreeMap::new();
    let Some(mut rest) = text.strip_prefix('{') else {
        return Some((labels, text));
    };
    loop {
        rest = rest.trim_start_matches([',', ' ']);
        if let Some(after) = rest.strip_prefix('}') {
            return Some((labels, after));
        }
        let (name, after) = rest.split_once("=\"")?;
        let (value, after) = unquote(after)?;
        labels.insert(name.to_owned(), value);
        rest = after;
    }
}

/// Reads up to the closing quote, resolving escapes.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return text.get(at + 1..).map(|rest| (value, rest)),
            '\\' => match characters.next()?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            plain => value.push(plain),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_with_escapes_and_exemplars_after_the_value_are_read() {
        let text =
            "# TYPE a histogram\na_bucket{le=\"+Inf\",x=\"q\\\"}\\n\"} 3 # {t=\"ab\"} 0.5\nb 4\n# EOF\n";
        let scrape = Scrape::parse(text).unwrap();
        let sample = scrape.samples("a_bucket").next().unwrap();
        assert_eq!(
            (sample.label("x"), sample.label("le"), sample.value),
            ("q\"}\n", "+Inf", 3.0)
        );
        assert_eq!(scrape.sum("b"), 4.0);
        assert_eq!(scrape.sum("c"), 0.0);
        assert!(Scrape::parse("nonsense").is_err());
    }

    #[test]
    fn sums_are_kept_apart_by_the_labels_asked_for() {
        let scrape = Scrape::parse("a{x=\"1\",y=\"1\"} 1\na{x=\"1\",y=\"2\"} 2\na{y=\"2\"} 4\n").unwrap();
        let sums = scrape.sum_by("a", ["x"]);
        assert_eq!(sums[&["1".to_owned()]], 3.0);
        assert_eq!(sums[&[String::new()]], 4.0);
    }
}
