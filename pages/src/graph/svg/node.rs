//! The nodes of the drawing.

use maud::{Markup, html};

use super::{Place, one};
use crate::graph::layout::{LONGEST, NAME_OFFSET, Rectangle};
use crate::graph::model::NodeKind;
use crate::graph::report::{GraphReport, NodeReport};
use crate::graph::wording::{self, Health, cut, printable};
use crate::links::Link;

/// The radius of the ring that shows the share of failures.
const RING: f64 = 13.0;

/// All nodes of `report`, by name.
pub fn nodes(report: &GraphReport, place: Place<'_>) -> Markup {
    html! {
        @for node in in_order(&report.nodes) { (self::node(report, node, place)) }
    }
}

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
    // The lid of a cylinder takes room from what stands below it.
    let lid = if node.kind == NodeKind::Database { 3.0 } else { 0.0 };
    let (x, y) = (at.x + NAME_OFFSET, at.y + lid);
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
pub fn shape(kind: NodeKind, at: &Rectangle) -> Markup {
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
