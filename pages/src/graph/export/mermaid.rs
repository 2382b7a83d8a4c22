//! The graph in Mermaid's language, which Markdown viewers draw.

use std::fmt::Write as _;

use crate::graph::model::NodeKind;
use crate::graph::report::{GraphReport, NodeReport, node_id};
use crate::graph::wording;

/// The whole graph.
#[must_use]
pub fn write(report: &GraphReport) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for node in &report.nodes {
        let (open, close) = brackets(node.kind);
        let _ = writeln!(text, "  {}{open}\"{}\"{close}", name(&node.id), label(node));
    }
    for edge in &report.edges {
        let arrow = match edge.way.as_str() {
            "messaging" | "virtual" => "-.->",
            _ => "-->",
        };
        let _ = writeln!(
            text,
            "  {} {arrow}|\"{}, {} errors\"| {}",
            name(&node_id(&edge.client)),
            escaped(&wording::rate(&edge.measures)),
            escaped(&wording::errors(&edge.measures)),
            name(&node_id(&edge.server))
        );
    }
    text
}

fn brackets(kind: NodeKind) -> (&'static str, &'static str) {
    match kind {
        NodeKind::Service => ("[", "]"),
        NodeKind::Database => ("[(", ")]"),
        NodeKind::Messaging => (">", "]"),
        NodeKind::Virtual => ("([", "])"),
    }
}

/// Mermaid takes a hyphen in an id for the beginning of an arrow.
fn name(id: &str) -> String {
    id.replace('-', "")
}

fn label(node: &NodeReport) -> String {
    let (rate, errors) = (wording::rate(&node.measures), wording::errors(&node.measures));
    let numbers = escaped(&format!("{rate}, {errors} errors"));
    format!("{}<br/>{numbers}", escaped(&node.service))
}

/// Everything but letters, digits and harmless signs as a number: Mermaid reads `#35;` in texts.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            harmless if harmless.is_alphanumeric() => escaped.push(harmless),
            ' ' | '-' | '_' | '.' | ',' | '/' | ':' | '%' | '–' | '\u{202f}' => escaped.push(character),
            control if control.is_control() => escaped.push(char::REPLACEMENT_CHARACTER),
            other => {
                let _ = write!(escaped, "#{};", u32::from(other));
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::graph::report::tests::report;

    #[test]
    fn nodes_and_edges_carry_their_numbers() {
        let text = write(&report(&["a", "b"], ""));
        let (a, b) = (name(&node_id("a")), name(&node_id("b")));
        assert!(
            text.contains(&format!("  {a}[\"a<br/>2/s, 2 % errors\"]\n")),
            "{text}"
        );
        assert!(
            text.contains(&format!("  {a} -->|\"2/s, 2 % errors\"| {b}\n")),
            "{text}"
        );
    }

    #[test]
    fn names_are_escaped() {
        assert_eq!(escaped("a\"]<b>;\n#"), "a#34;#93;#60;b#62;#59;\u{fffd}#35;");
    }

    proptest! {
        #[test]
        fn names_of_any_characters_stay_within_their_quotes(names in proptest::collection::vec(any::<String>(), 1..5)) {
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            let report = report(&names, "");
            let text = write(&report);
            prop_assert_eq!(text.lines().count(), 1 + report.nodes.len() + report.edges.len());
            for line in text.lines().skip(1) {
                let parts: Vec<_> = line.split('"').collect();
                prop_assert_eq!(parts.len(), 3, "{}", line);
                let label = parts[1].replacen("<br/>", "", 1);
                prop_assert!(!label.contains(['<', '>', ']', '[', '|', '`', '\\']), "{}", line);
            }
        }
    }
}
