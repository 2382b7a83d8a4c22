//! The way of an edge from node to node, as an SVG path.

use std::fmt::Write as _;

use super::layout::{Point, Rectangle};

/// How far edges of one pair of nodes are apart.
const LANE: f64 = 9.0;
/// How far an edge between nodes of one column goes out.
const BULGE: f64 = 46.0;

/// A curve, and where a label may stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// The attribute `d` of a path.
    pub path: String,
    /// Near the client, but where edges from many clients have not met yet.
    pub near_client: Point,
    /// Near the server, where edges to many servers have parted.
    pub near_server: Point,
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
        near_client: on_step(&points, 0, 0.28, bulge),
        near_server: on_step(&points, points.len().saturating_sub(2), 0.72, bulge),
    }
}

/// The point of the step that begins at `first`, `share` of the way along.
fn on_step(points: &[Point], first: usize, share: f64, bulge: f64) -> Point {
    let Some([a, b]) = points.get(first..first + 2) else {
        return Point::default();
    };
    let (rest, cube) = (1.0 - share, share * share * share);
    let along = 1.5 * share * rest + cube;
    let down = 3.0 * share * share - 2.0 * cube;
    Point {
        x: a.x + (b.x - a.x) * along + bulge * 3.0 * share * rest,
        y: a.y + (b.y - a.y) * down,
    }
}

fn round_itself(place: &Rectangle, shift: f64) -> Curve {
    let (x, y) = (place.centre().x + shift, place.y);
    let above = Point { x, y: y - 10.0 };
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
        near_client: above,
        near_server: above,
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
        let (first, last) = (forward.near_client, forward.near_server);
        assert!(first.x < last.x && first.y < 50.0 && last.y > 90.0, "{forward:?}");
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
        assert!((there.near_server.y - back.near_server.y).abs() >= LANE);
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
