//! Drawings are well-formed XML whatever names there are, and say what they show.

use proptest::prelude::*;
use roxmltree::{Document, Node};

use super::edge::width;
use super::node::shape;
use super::*;
use crate::graph::layout::Rectangle;
use crate::graph::model::NodeKind;
use crate::graph::report::tests::report;

fn file(report: &GraphReport) -> String {
    draw(report, Place::File).into_string()
}

fn with_class<'a>(document: &'a Document<'a>, class: &str) -> Vec<Node<'a, 'a>> {
    let has = |node: &Node<'_, '_>| {
        node.attribute("class")
            .is_some_and(|classes| classes.split(' ').any(|each| each == class))
    };
    document.descendants().filter(has).collect()
}

#[test]
fn every_node_and_edge_is_drawn_with_its_numbers() {
    let report = report(&["cart", "redis", "frontend"], "");
    let text = file(&report);
    let document = Document::parse(&text).unwrap();
    assert_eq!(with_class(&document, "node").len(), 3);
    let edges = with_class(&document, "edge");
    assert_eq!(edges.len(), 2);
    assert_eq!(edges[0].attribute("data-client"), Some("cart"));
    let title = edges[0]
        .children()
        .find(|child| child.has_tag_name(("http://www.w3.org/2000/svg", "title")));
    assert_eq!(
        title.unwrap().text(),
        Some("cart → frontend (call): 2/s, 2 % errors, p50 10 ms, p95 80 ms")
    );
    assert_eq!(
        with_class(&document, "failed")[0].attribute("stroke-dasharray"),
        Some("2.00 100")
    );
}

#[test]
fn kinds_differ_in_shape() {
    let at = Rectangle {
        x: 0.0,
        y: 0.0,
        width: 100.0,
        height: 46.0,
    };
    let kinds = [
        NodeKind::Service,
        NodeKind::Database,
        NodeKind::Messaging,
        NodeKind::Virtual,
    ];
    let shapes: std::collections::BTreeSet<_> = kinds.map(|kind| shape(kind, &at).into_string()).into();
    assert_eq!(shapes.len(), kinds.len());
}

#[test]
fn a_page_has_links_and_a_file_has_none() {
    let report = report(&["a/b"], "");
    let page = draw(
        &report,
        Place::Page {
            tenant: Some("t"),
            focus: Some("a/b"),
        },
    );
    let page = page.into_string();
    assert!(
        page.contains("href=\"/graph/service/a%2Fb?tenant=t\"") && page.contains("focus"),
        "{page}"
    );
    assert!(!file(&report).contains("href"));
}

#[test]
fn a_name_that_is_markup_stays_a_name() {
    let text = file(&report(&["<script>alert(1)</script>", "\"]]>&'"], ""));
    assert!(!text.contains("<script"), "{text}");
    let document = Document::parse(&text).unwrap();
    let names: Vec<_> = with_class(&document, "name")
        .iter()
        .filter_map(|name| name.text())
        .collect();
    assert_eq!(names, ["\"]]>&'", "<script>alert(1)</script>"]);
}

#[test]
fn the_width_of_an_edge_grows_with_the_logarithm_of_its_rate() {
    let widths = [0.0, 1.0, 100.0, 1e9].map(|rate| {
        let mut edge = report(&["a", "b"], "").edges.remove(0);
        edge.measures.rate = Some(rate);
        width(&edge)
    });
    assert!(
        widths.is_sorted() && widths[0] == 1.0 && widths[3] == 7.0,
        "{widths:?}"
    );
}

proptest! {
    #[test]
    fn names_of_any_characters_give_well_formed_xml(names in proptest::collection::vec(any::<String>(), 1..5)) {
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let report = report(&names, "group=namespace");
        let text = file(&report);
        let document = Document::parse(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(with_class(&document, "node").len(), report.nodes.len());
        prop_assert_eq!(with_class(&document, "edge").len(), report.edges.len());
    }
}
