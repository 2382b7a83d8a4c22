//! The graph as SVG: alike in the page, where the stylesheet colours it, and as a file, where its attributes do.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::curve::{Curve, curve};
use super::layout::{LONGEST, NAME_OFFSET, Point, Rectangle};
use super::model::NodeKind;
use super::report::{EdgeReport, GraphReport, NamespaceBox, NodeReport};
use super::wording::{self, Health, cut, printable};
use crate::pages::links::Link;

/// With more edges than these they have no labels: one could not read them.
const MOST_LABELS: usize = 80;
/// The radius of the ring that shows the share of failures.
const RING: f64 = 13.0;
const FONT: &str = "system-ui, sans-serif";

/// Where a drawing stands.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    /// In a page about this tenant, so that nodes lead to their pages.
    Page {
        /// The tenant for links; `None` where there is no choice.
        tenant: Option<&'a str>,
        /// The service in focus.
        focus: Option<&'a str>,
    },
    /// In a file of its own.
    File,
}

/// The colours of a file, which has no stylesheet: readable on white and on dark grounds alike.
struct Colours {
    line: &'static str,
    ground: &'static str,
}

/// The drawing of a whole report.
#[must_use]
pub fn draw(report: &GraphReport, place: Place<'_>) -> Markup {
    let drawing = &report.drawing;
    let (width, height) = (drawing.width.max(1.0), drawing.height.max(1.0));
    let view = format!("0 0 {width:.0} {height:.0}");
    let is_file = matches!(place, Place::File);
    let searching = report.nodes.iter().any(|node| node.found);
    let role = if is_file { "img" } else { "group" };
    html! {
        svg #service-graph .searching[searching] xmlns="http://www.w3.org/2000/svg" viewBox=(view) data-fit=(view)
            width=[is_file.then_some(width)] height=[is_file.then_some(height)] data-keep="viewBox"
            role=(role) aria-label=(label(report)) font-family=(FONT) font-size="13" {
            @if is_file { rect width="100%" height="100%" fill="#ffffff" {} }
            defs { @for health in HEALTHS { (arrow(health)) } }
            g #graph-groups { @for group in &drawing.groups { (namespace(group)) } }
            g #graph-edges fill="none" { (edges(report)) }
            g #graph-nodes { @for node in in_order(&report.nodes) { (self::node(report, node, place)) } }
        }
    }
}

const HEALTHS: [Health; 4] = [Health::Idle, Health::Good, Health::Warning, Health::Bad];

fn label(report: &GraphReport) -> String {
    let (nodes, edges) = (report.nodes.len(), report.edges.len());
    format!("Service graph: {nodes} nodes, {edges} edges. The tables below it have the same numbers.")
}

fn arrow(health: Health) -> Markup {
    html! {
        marker id={ "arrow-" (health.class()) } viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" markerHeight="9"
            markerUnits="userSpaceOnUse" orient="auto" {
            path .arrow.(health.class()) d="M0 1L10 5L0 9z" fill=(health.colours().line) {}
        }
    }
}

fn namespace(group: &NamespaceBox) -> Markup {
    let place = &group.place;
    let name = group.namespace.as_deref().unwrap_or("no namespace");
    html! {
        g .namespace data-key={ "namespace-" (printable(name)) } {
            rect x=(one(place.x)) y=(one(place.y)) width=(one(place.width)) height=(one(place.height)) rx="8"
                fill="none" stroke="#8a94a6" stroke-dasharray="2 4" {}
            text x=(one(place.x + 14.0)) y=(one(place.y + 19.0)) fill="#566070" { (printable(&cut(name, LONGEST))) }
        }
    }
}

// === edges ===

fn edges(report: &GraphReport) -> Markup {
    let mut ordered: Vec<_> = report.edges.iter().collect();
    ordered.sort_by(|a, b| {
        ends(a)
            .cmp(&ends(b))
            .then(a.connection_type.cmp(&b.connection_type))
    });
    let mut lanes = BTreeMap::<_, f64>::new();
    let (mut calls_of, mut calls_to) = (BTreeMap::<_, usize>::new(), BTreeMap::<_, usize>::new());
    for edge in &ordered {
        *calls_of.entry(&edge.client).or_default() += 1;
        *calls_to.entry(&edge.server).or_default() += 1;
    }
    let labelled = ordered.len() <= MOST_LABELS;
    html! {
        @for edge in ordered {
            @let lane = lanes.entry(ends(edge)).and_modify(|lane| *lane += 1.0).or_default();
            @let parts = calls_of.get(&edge.client) >= calls_to.get(&edge.server);
            @if let Some(curve) = way(report, edge, *lane) {
                @let label = if parts { curve.near_server } else { curve.near_client };
                (self::edge(edge, &curve.path, labelled.then_some(label)))
            }
        }
    }
}

fn ends(edge: &EdgeReport) -> (&str, &str) {
    (&edge.client, &edge.server)
}

fn way(report: &GraphReport, edge: &EdgeReport, lane: f64) -> Option<Curve> {
    let place = |service: &str| report.drawing.nodes.get(&super::report::node_id(service));
    let passes = report.drawing.passes.get(&edge.id).map_or(&[][..], Vec::as_slice);
    Some(curve(place(&edge.client)?, place(&edge.server)?, passes, lane))
}

fn edge(edge: &EdgeReport, path: &str, label: Option<Point>) -> Markup {
    let health = Health::of(&edge.measures);
    let (client, server) = (printable(&edge.client), printable(&edge.server));
    let title = format!(
        "{client} → {server} ({}): {}",
        edge.way,
        wording::sentence(&edge.measures)
    );
    let dashes = match edge.way.as_str() {
        "messaging" => Some("7 4"),
        "virtual" => Some("2 3"),
        _ => None,
    };
    html! {
        g #(edge.id) .edge.(health.class()).(way_class(&edge.way)) data-client=(client) data-server=(server)
            data-promql=(printable(&edge.queries.rate)) {
            title { (title) }
            path .hit d=(path) stroke="#000000" stroke-opacity="0" stroke-width="14" {}
            path .line d=(path) stroke=(health.colours().line) stroke-width=(one(width(edge)))
                stroke-dasharray=[dashes] marker-end={ "url(#arrow-" (health.class()) ")" } {}
            @if let Some(label) = label {
                text x=(one(label.x)) y=(one(label.y + 3.5)) text-anchor="middle" font-size="11" fill="#566070"
                    stroke="#ffffff" stroke-width="3" paint-order="stroke" { (wording::rate(&edge.measures)) }
            }
        }
    }
}

fn way_class(way: &str) -> &'static str {
    match way {
        "messaging" => "messaging",
        "database" => "database",
        "virtual" => "virtual",
        _ => "call",
    }
}

/// The width of an edge: each tenfold rate is as much wider.
fn width(edge: &EdgeReport) -> f64 {
    let rate = edge.measures.rate.unwrap_or(0.0).max(0.0);
    (1.0 + (1.0 + 10.0 * rate).log10()).min(7.0)
}

// === nodes ===

fn in_order(nodes: &[NodeReport]) -> Vec<&NodeReport> {
    let mut ordered: Vec<_> = nodes.iter().collect();
    ordered.sort_by(|a, b| a.service.cmp(&b.service));
    ordered
}

fn node(report: &GraphReport, node: &NodeReport, place: Place<'_>) -> Markup {
    let Some(at) = report.drawing.nodes.get(&node.id) else {
        return html! {};
    };
    let health = Health::of(&node.measures);
    let service = printable(&node.service);
    let title = format!(
        "{service} ({}): {}",
        node.kind.word(),
        wording::sentence(&node.measures)
    );
    let is_focus = matches!(place, Place::Page { focus: Some(focus), .. } if focus == node.service);
    html! {
        g #(node.id) .node.(node.kind.word()).(health.class()).found[node.found].focus[is_focus]
            data-service=(service) data-promql=(printable(&node.queries.rate)) {
            title { (title) }
            @match place {
                Place::Page { tenant, .. } => {
                    a href=(service_link(&node.service, tenant)) aria-label=(title) { (content(node, at, health)) }
                }
                Place::File => { (content(node, at, health)) }
            }
        }
    }
}

/// The page of a service; for the few names that a path cannot hold, the graph round it.
#[must_use]
pub fn service_link(service: &str, tenant: Option<&str>) -> Link {
    let link = match service {
        "" | "." | ".." => Link::to("/graph").with("focus", service),
        _ => Link::to("/graph/service").segment(service),
    };
    link.with_optional("tenant", tenant)
}

fn content(node: &NodeReport, at: &Rectangle, health: Health) -> Markup {
    let (x, y) = (at.x + NAME_OFFSET, at.y);
    let numbers = match wording::latencies(&node.measures) {
        Some(latencies) => format!("{} · {latencies}", wording::rate(&node.measures)),
        None => wording::rate(&node.measures),
    };
    html! {
        (shape(node.kind, at))
        (ring(node, at, health))
        text .name x=(one(x)) y=(one(y + 20.0)) font-weight="600" fill="#1b1f26" {
            (printable(&cut(&node.service, LONGEST)))
        }
        text .numbers x=(one(x)) y=(one(y + 36.0)) font-size="11" fill="#566070" { (numbers) }
    }
}

/// Kinds differ in shape, not in colour only.
fn shape(kind: NodeKind, at: &Rectangle) -> Markup {
    let (x, y, w, h) = (at.x, at.y, at.width, at.height);
    let path = match kind {
        NodeKind::Service => rounded(x, y, w, h, 8.0),
        NodeKind::Virtual => rounded(x, y, w, h, h / 2.0),
        NodeKind::Messaging => format!(
            "M{x:.1} {y:.1}H{:.1}L{:.1} {:.1}L{:.1} {:.1}H{x:.1}L{:.1} {:.1}z",
            x + w - 10.0,
            x + w,
            y + h / 2.0,
            x + w - 10.0,
            y + h,
            x + 10.0,
            y + h / 2.0
        ),
        NodeKind::Database => format!(
            "M{x:.1} {:.1}C{x:.1} {:.1} {:.1} {:.1} {:.1} {:.1}V{:.1}C{:.1} {:.1} {x:.1} {:.1} {x:.1} {:.1}z\
             M{x:.1} {:.1}C{x:.1} {:.1} {:.1} {:.1} {:.1} {:.1}",
            y + 5.0,
            y - 3.0,
            x + w,
            y - 3.0,
            x + w,
            y + 5.0,
            y + h - 5.0,
            x + w,
            y + h + 2.0,
            y + h + 2.0,
            y + h - 5.0,
            y + 5.0,
            y + 11.0,
            x + w,
            y + 11.0,
            x + w,
            y + 5.0
        ),
    };
    let dashes = (kind == NodeKind::Virtual).then_some("4 3");
    html! { path .shape d=(path) fill="#f5f7fa" stroke="#8a94a6" stroke-dasharray=[dashes] {} }
}

fn rounded(x: f64, y: f64, w: f64, h: f64, r: f64) -> String {
    let (right, bottom) = (x + w, y + h);
    format!(
        "M{:.1} {y:.1}H{:.1}Q{right:.1} {y:.1} {right:.1} {:.1}V{:.1}Q{right:.1} {bottom:.1} {:.1} {bottom:.1}\
         H{:.1}Q{x:.1} {bottom:.1} {x:.1} {:.1}V{:.1}Q{x:.1} {y:.1} {:.1} {y:.1}z",
        x + r,
        right - r,
        y + r,
        bottom - r,
        right - r,
        x + r,
        bottom - r,
        y + r,
        x + r
    )
}

/// A ring, filled from the top as far as calls fail.
fn ring(node: &NodeReport, at: &Rectangle, health: Health) -> Markup {
    let (x, y) = (at.x + 23.0, at.centre().y);
    let share = node.measures.error_share.unwrap_or(0.0) * 100.0;
    let text = match node.measures.error_share {
        Some(share) if share >= 0.005 => format!("{:.0}%", share * 100.0),
        _ => String::new(),
    };
    html! {
        circle .ring cx=(one(x)) cy=(one(y)) r=(RING) fill=(health.colours().ground) stroke=(ground_of_ring(health))
            stroke-width="3.5" {}
        @if share > 0.0 {
            circle .failed cx=(one(x)) cy=(one(y)) r=(RING) fill="none" stroke="#b3261e" stroke-width="3.5"
                pathLength="100" stroke-dasharray={ (format!("{share:.2}")) " 100" }
                transform={ "rotate(-90 " (one(x)) " " (one(y)) ")" } {}
        }
        text .share x=(one(x)) y=(one(y + 3.5)) text-anchor="middle" font-size="9" fill="#1b1f26" { (text) }
    }
}

fn ground_of_ring(health: Health) -> &'static str {
    match health {
        Health::Idle => "#c3cad5",
        _ => "#1c7c3c",
    }
}

impl Health {
    fn colours(self) -> Colours {
        let (line, ground) = match self {
            Self::Idle => ("#8a94a6", "#ffffff"),
            Self::Good => ("#5b7fb0", "#ffffff"),
            Self::Warning => ("#c07a00", "#fdf3e0"),
            Self::Bad => ("#b3261e", "#fdeceb"),
        };
        Colours { line, ground }
    }
}

fn one(number: f64) -> String {
    format!("{number:.1}")
}

#[cfg(test)]
mod tests;
