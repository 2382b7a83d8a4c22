//! What comments and documents refer to is there: sections of the specification and the design, and linked files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use regex::{Captures, Regex};

use crate::harness::repository::{documents, read, root, sources};

#[test]
fn every_cited_section_of_the_specification_stands() {
    let sections = matches(&read(Path::new("docs/SPEC.md")), r"(?m)^## (\d+) ");
    let cited = cited(r"SPEC((?:,| |and|to|§|\d)*§\d+)", |citation| {
        matches(citation, r"§(\d+)")
    });
    assert!(cited.len() > 50, "only {} citations were found", cited.len());
    assert_all_stand(&cited, &sections);
}

#[test]
fn every_cited_rule_of_the_design_stands() {
    let rules = matches(
        &read(Path::new("docs/DESIGN.md")),
        r"(?m)(?:^## |\*\*)([A-Za-z ]+)",
    );
    let rules = rules.iter().map(|rule| rule.trim().to_lowercase()).collect();
    let cited = cited(r#"DESIGN, "?([A-Za-z ]+)"#, |rule| {
        BTreeSet::from([rule.trim().to_lowercase()])
    });
    assert!(!cited.is_empty(), "no citation was found");
    assert_all_stand(&cited, &rules);
}

#[test]
fn every_link_between_documents_leads_to_a_file_and_a_heading() {
    let links = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let mut broken = Vec::new();
    for document in documents() {
        let text = read(&document);
        let targets = links.captures_iter(&text).map(|link| link[1].to_owned());
        let own = targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:"));
        broken.extend(
            own.filter(|target| !leads_somewhere(&document, target))
                .map(|target| format!("{}: {target}", document.display())),
        );
    }
    assert!(
        broken.is_empty(),
        "links that lead nowhere:\n{}",
        broken.join("\n")
    );
}

/// A citation: where it stands, and what it names.
type Citation = (PathBuf, String);

fn cited(pattern: &str, names: impl Fn(&str) -> BTreeSet<String>) -> Vec<Citation> {
    let pattern = Regex::new(pattern).unwrap();
    let mut cited = Vec::new();
    for file in sources() {
        let text = read(&file);
        for citation in pattern.captures_iter(&text) {
            cited.extend(names(&citation[1]).into_iter().map(|name| (file.clone(), name)));
        }
    }
    cited
}

fn assert_all_stand(cited: &[Citation], standing: &BTreeSet<String>) {
    let missing: Vec<_> = cited
        .iter()
        .filter(|(_, name)| !standing.contains(name))
        .collect();
    assert!(
        missing.is_empty(),
        "cited, but not written down: {missing:?}; there are {standing:?}"
    );
}

fn leads_somewhere(document: &Path, target: &str) -> bool {
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let file = match path {
        "" => document.to_owned(),
        _ => document.parent().unwrap_or(Path::new("")).join(path),
    };
    if !root().join(&file).exists() {
        return false;
    }
    anchor.is_empty() || headings(&read(&file)).contains(anchor)
}

/// The anchors of a document's headings, as forges make them: lower case, spaces as hyphens, other marks left out.
fn headings(document: &str) -> BTreeSet<String> {
    let anchor = |heading: Captures<'_>| -> String {
        let lower = heading[1].to_lowercase();
        let kept = lower
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    let headings = Regex::new(r"(?m)^#+ +(.*?) *$").unwrap();
    headings.captures_iter(document).map(anchor).collect()
}

fn matches(text: &str, pattern: &str) -> BTreeSet<String> {
    let pattern = Regex::new(pattern).unwrap();
    pattern
        .captures_iter(text)
        .map(|found| found[1].to_owned())
        .collect()
}
