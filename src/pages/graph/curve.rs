//! The way of an edge from node to node, as an SVG path.

use std::fmt::Write as _;

use super::layout::{Point, Rectangle};

/// How far edges of one pair of nodes are apart.
const LANE: f64 = 9.0;
/// How far an edge between nodes of one column goes out.
const BULGE: f64 = 46.0;

/// A curve and where its label stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// The attribute `d` of a path.
    pub path: String,
    /// About its middle.
    pub middle: Point,
}

/// The way from `client` to `server` over `passes`; `lane` tells edges of one pair of nodes apart.
#[must_use]
pub fn curve(client: &Rectangle, server: &Rectangle, passes: &[Point], lane: f64) -> Curve {
    let shift = lane * LANE;
    if client == server {
        return round_itself(client, shift);
    }
    let (right, left) = (client.x + client.width, server.x + server.width);
    if right <= server.x {
        let ends = [middle_of(right, client), middle_of(server.x, server)];
        return through(ends, passes, 0.0, shift);
    }
    if left <= client.x {
        let ends = [middle_of(client.x, client), middle_of(left, server)];
        return through(ends, passes, 0.0, shift + LANE);
    }
    let ends = [middle_of(right, client), middle_of(left, server)];
    through(ends, passes, BULGE, shift)
}

fn middle_of(x: f64, place: &Rectangle) -> Point {
    Point {
        x,
        y: place.centre().y,
    }
}

/// Horizontal at every point it passes; with a bulge both its ends go out to the right.
fn through([from, to]: [Point; 2], passes: &[Point], bulge: f64, shift: f64) -> Curve {
    let (from, to) = (from.moved(0.0, shift), to.moved(0.0, shift));
    let points: Vec<_> = std::iter::once(from)
        .chain(passes.iter().copied())
        .chain([to])
        .collect();
    let mut path = format!("M{:.1} {:.1}", from.x, from.y);
    for pair in points.windows(2) {
        let [a, b] = pair else { continue };
        let reach = (b.x - a.x) / 2.0;
        let (out, back) = if bulge > 0.0 {
            (bulge, -bulge)
        } else {
            (reach, reach)
        };
        let _ = write!(
            path,
            "C{:.1} {:.1} {:.1} {:.1} {:.1} {:.1}",
            a.x + out,
            a.y,
            b.x - back,
            b.y,
            b.x,
            b.y
        );
    }
    Curve {
        path,
        middle: middle(&points, bulge),
    }
}

/// In the middle of the step that is in the middle.
fn middle(points: &[Point], bulge: f64) -> Point {
    let step = (points.len().max(2) - 2) / 2;
    match points.get(step..step + 2) {
        Some([a, b]) => Point {
            x: f64::midpoint(a.x, b.x) + bulge * 0.75,
            y: f64::midpoint(a.y, b.y),
        },
        _ => Point::default(),
    }
}

fn round_itself(place: &Rectangle, shift: f64) -> Curve {
    let (x, y) = (place.centre().x + shift, place.y);
    Curve {
        path: format!(
            "M{:.1} {y:.1}C{:.1} {:.1} {:.1} {:.1} {:.1} {y:.1}",
            x + 14.0,
            x + 26.0,
            y - 16.0,
            x - 26.0,
            y - 16.0,
            x - 14.0
        ),
        middle: Point { x, y: y - 10.0 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(x: f64, y: f64) -> Rectangle {
        Rectangle {
            x,
            y,
            width: 100.0,
            height: 40.0,
        }
    }

    #[test]
    fn an_edge_leads_from_border_to_border() {
        let forward = curve(&at(0.0, 0.0), &at(200.0, 100.0), &[], 0.0);
        assert_eq!(forward.path, "M100.0 20.0C150.0 20.0 150.0 120.0 200.0 120.0");
        assert_eq!(forward.middle, Point { x: 150.0, y: 70.0 });
    }

    #[test]
    fn an_edge_passes_its_waypoints() {
        let curve = curve(
            &at(0.0, 0.0),
            &at(400.0, 0.0),
            &[Point { x: 250.0, y: 90.0 }],
            0.0,
        );
        assert!(curve.path.contains("250.0 90.0C"), "{curve:?}");
    }

    #[test]
    fn edges_both_ways_are_apart() {
        let (there, back) = (
            curve(&at(0.0, 0.0), &at(200.0, 0.0), &[], 0.0),
            curve(&at(200.0, 0.0), &at(0.0, 0.0), &[], 0.0),
        );
        assert!((there.middle.y - back.middle.y).abs() >= LANE);
    }

    #[test]
    fn a_node_that_calls_itself_has_a_loop_and_one_above_another_a_bow() {
        assert!(
            curve(&at(0.0, 0.0), &at(0.0, 0.0), &[], 0.0)
                .path
                .ends_with("36.0 0.0")
        );
        let bow = curve(&at(0.0, 0.0), &at(20.0, 100.0), &[], 0.0);
        assert_eq!(bow.path, "M100.0 20.0C146.0 20.0 166.0 120.0 120.0 120.0");
    }
}
