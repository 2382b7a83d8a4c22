//! The graph in Graphviz' language.

use std::fmt::Write as _;

use crate::graph::model::NodeKind;
use crate::graph::report::{EdgeReport, GraphReport, NodeReport};
use crate::graph::wording::{self, Health};

/// The whole graph.
#[must_use]
pub fn write(report: &GraphReport) -> String {
    let mut text =
        "digraph \"service graph\" {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n".to_owned();
    for node in &report.nodes {
        write_node(&mut text, node);
    }
    for edge in &report.edges {
        write_edge(&mut text, edge);
    }
    text.push_str("}\n");
    text
}

fn write_node(text: &mut String, node: &NodeReport) {
    let (shape, style) = match node.kind {
        NodeKind::Service => ("box", "rounded"),
        NodeKind::Database => ("cylinder", "solid"),
        NodeKind::Messaging => ("cds", "solid"),
        NodeKind::Virtual => ("box", "dashed,rounded"),
    };
    let _ = writeln!(
        text,
        "  {} [label=\"{}\\n{}\", shape={shape}, style=\"{style}\", color={}];",
        quoted(&node.service),
        escaped(&node.service),
        escaped(&wording::sentence(&node.measures)),
        colour(Health::of(&node.measures))
    );
}

fn write_edge(text: &mut String, edge: &EdgeReport) {
    let style = match edge.way.as_str() {
        "messaging" => "dashed",
        "virtual" => "dotted",
        _ => "solid",
    };
    let _ = writeln!(
        text,
        "  {} -> {} [label=\"{}\\n{}\", style={style}, color={}];",
        quoted(&edge.client),
        quoted(&edge.server),
        escaped(&wording::rate(&edge.measures)),
        escaped(&format!("{} errors", wording::errors(&edge.measures))),
        colour(Health::of(&edge.measures))
    );
}

fn colour(health: Health) -> &'static str {
    match health {
        Health::Idle => "gray",
        Health::Good => "black",
        Health::Warning => "orange",
        Health::Bad => "red",
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", escaped(name))
}

/// Inside of quotes only quotes end a text; a backslash begins an escape of a label, so it is doubled. Graphviz reads
/// no NUL, and reads entities of HTML.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '&' => escaped.push_str("&amp;"),
            control if control.is_control() => escaped.push(char::REPLACEMENT_CHARACTER),
            other => escaped.push(other),
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
        assert!(
            text.contains("  \"a\" -> \"b\" [label=\"2/s\\n2 % errors\", style=solid, color=orange];\n"),
            "{text}"
        );
        assert!(
            text.contains("  \"a\" [label=\"a\\n2/s, 2 % errors, p50"),
            "{text}"
        );
    }

    #[test]
    fn names_are_escaped() {
        assert_eq!(quoted("a\"];\n\\N&<b>"), r#""a\"];\n\\N&amp;<b>""#);
    }

    /// A line without its quoted texts; `None` when a quote is left open.
    fn without_texts(line: &str) -> Option<String> {
        let (mut rest, mut inside, mut characters) = (String::new(), false, line.chars());
        while let Some(character) = characters.next() {
            match character {
                '"' => inside = !inside,
                '\\' if inside => drop(characters.next()?),
                _ if inside => {}
                other => rest.push(other),
            }
        }
        (!inside).then_some(rest)
    }

    proptest! {
        #[test]
        fn names_of_any_characters_stay_within_their_quotes(names in proptest::collection::vec(any::<String>(), 1..5)) {
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            let report = report(&names, "");
            let text = write(&report);
            let lines: Vec<_> = text.lines().skip(3).map(without_texts).collect();
            let (nodes, edges) = (report.nodes.len(), report.edges.len());
            prop_assert_eq!(lines.len(), nodes + edges + 1);
            for (index, line) in lines.into_iter().enumerate() {
                let wanted = match index {
                    node if node < nodes => "   [label=, shape=box, style=, color=orange];",
                    edge if edge < nodes + edges => "   ->  [label=, style=solid, color=orange];",
                    _ => "}",
                };
                prop_assert_eq!(line.as_deref(), Some(wanted));
            }
        }
    }
}
