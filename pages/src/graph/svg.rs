//! The graph as SVG: alike in the page, where the stylesheet colours it, and as a file, where its attributes do.

mod edge;
mod node;

use maud::{Markup, html};

pub use node::service_link;

use super::layout::LONGEST;
use super::report::{GraphReport, NamespaceBox};
use super::wording::{Health, cut, printable};

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

/// The colours of a file, which has no stylesheet.
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
            g #graph-edges fill="none" { (edge::edges(report)) }
            g #graph-nodes { (node::nodes(report, place)) }
        }
    }
}

const HEALTHS: [Health; 4] = [Health::Idle, Health::Good, Health::Warning, Health::Bad];

fn label(report: &GraphReport) -> String {
    let (nodes, edges) = (report.nodes.len(), report.edges.len());
    format!("Service graph: {nodes} nodes, {edges} edges")
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
