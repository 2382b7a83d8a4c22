//! The edges of the drawing.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::one;
use crate::graph::curve::{Curve, curve};
use crate::graph::layout::Point;
use crate::graph::report::{EdgeReport, GraphReport, node_id};
use crate::graph::wording::{self, Health, printable};

/// With more edges than these they have no labels: one could not read them.
const MOST_LABELS: usize = 80;

/// All edges of `report`.
pub fn edges(report: &GraphReport) -> Markup {
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
    let place = |service: &str| report.drawing.nodes.get(&node_id(service));
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
                    stroke="#ffffff" stroke-width="7" stroke-linejoin="round" paint-order="stroke" { (wording::rate(&edge.measures)) }
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
pub fn width(edge: &EdgeReport) -> f64 {
    let rate = edge.measures.rate.unwrap_or(0.0).max(0.0);
    (1.0 + (1.0 + 10.0 * rate).log10()).min(7.0)
}
