//! Reads Prometheus' text format and OpenMetrics into samples that tests can ask for.

use std::collections::BTreeMap;

/// One line: a sample, and the exemplar after it.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub value: f64,
    /// Labels and value of the exemplar.
    pub exemplar: Option<(BTreeMap<String, String>, f64)>,
}

/// One scrape.
#[derive(Clone, Debug, Default)]
pub struct Scrape {
    pub lines: Vec<Line>,
}

impl Scrape {
    /// Reads a page; fails on a line that is not in the format.
    pub fn parse(text: &str) -> Self {
        let samples = text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        let read = |line: &str| parse_line(line).unwrap_or_else(|| panic!("not a sample: {line}"));
        Self {
            lines: samples.map(read).collect(),
        }
    }

    /// The lines with this name and at least these labels.
    pub fn select<'a>(&'a self, name: &'a str, labels: &'a [(&str, &str)]) -> impl Iterator<Item = &'a Line> {
        let has =
            |line: &Line, (key, value): &(&str, &str)| line.labels.get(*key).is_some_and(|v| v == value);
        self.lines
            .iter()
            .filter(move |line| line.name == name && labels.iter().all(|label| has(line, label)))
    }

    /// The sum over the lines with this name and at least these labels; 0 when there are none.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.select(name, labels).map(|line| line.value).sum()
    }

    /// The sum by the value of `label`.
    pub fn sum_by(&self, name: &str, label: &str) -> BTreeMap<String, f64> {
        let mut sums = BTreeMap::new();
        for line in self.select(name, &[]) {
            *sums
                .entry(line.labels.get(label).cloned().unwrap_or_default())
                .or_default() += line.value;
        }
        sums
    }

    /// The sum by client and server.
    pub fn by_edge(&self, name: &str) -> BTreeMap<(String, String), f64> {
        let mut sums = BTreeMap::new();
        for line in self.select(name, &[]) {
            let side = |label| line.labels.get(label).cloned().unwrap_or_default();
            *sums.entry((side("client"), side("server"))).or_default() += line.value;
        }
        sums
    }
}

fn parse_line(line: &str) -> Option<Line> {
    let (sample, exemplar) = split_exemplar(line);
    let (name, rest) = sample.split_at(sample.find(['{', ' '])?);
    let (labels, rest) = parse_labels(rest)?;
    let value = rest.split_whitespace().next()?.parse().ok()?;
    let exemplar = match exemplar {
        None => None,
        Some(text) => {
            let (labels, rest) = parse_labels(text)?;
            Some((labels, rest.split_whitespace().next()?.parse().ok()?))
        }
    };
    Some(Line {
        name: name.to_owned(),
        labels,
        value,
        exemplar,
    })
}

/// Splits at the ` # ` that stands outside of quotes.
fn split_exemplar(line: &str) -> (&str, Option<&str>) {
    let (mut quoted, mut escaped) = (false, false);
    for (at, character) in line.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '#' if !quoted => return (&line[..at], Some(line[at + 1..].trim_start())),
            _ => {}
        }
    }
    (line, None)
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
    let (mut value, mut escaped) = (String::new(), false);
    for (at, character) in text.char_indices() {
        match (escaped, character) {
            (false, '\\') => escaped = true,
            (false, '"') => return Some((value, &text[at + 1..])),
            (false, plain) => value.push(plain),
            (true, 'n') => (value.push('\n'), escaped = false).1,
            (true, plain) => (value.push(plain), escaped = false).1,
        }
    }
    None
}

#[test]
fn a_line_with_escapes_and_an_exemplar_is_read_whole() {
    let scrape = Scrape::parse(
        "# TYPE a histogram\na_bucket{le=\"+Inf\",x=\"q\\\"#\\n\"} 3 # {t=\"ab\"} 0.5 17\n# EOF\n",
    );
    let line = &scrape.lines[0];
    assert_eq!((line.name.as_str(), line.value), ("a_bucket", 3.0));
    assert_eq!(line.labels["x"], "q\"#\n");
    let (labels, value) = line.exemplar.as_ref().unwrap();
    assert_eq!((labels["t"].as_str(), *value), ("ab", 0.5));
}
