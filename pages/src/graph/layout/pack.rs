//! Packs parts that are not joined into rows, so that the whole is neither a column nor a line.

use super::geometry::{Point, Size};

/// Room between parts.
const GAP: f64 = 28.0;
/// How much wider than high the whole should be.
const ASPECT: f64 = 1.8;

/// The corner of each part, in the order of the parts, and the size of the whole.
#[must_use]
pub fn pack(parts: &[Size]) -> (Vec<Point>, Size) {
    let widest = parts.iter().map(|part| part.width).fold(0.0, f64::max);
    let area: f64 = parts
        .iter()
        .map(|part| (part.width + GAP) * (part.height + GAP))
        .sum();
    let room = widest.max((area * ASPECT).sqrt());
    let (mut corners, mut whole) = (Vec::with_capacity(parts.len()), Size::default());
    let (mut at, mut row_height) = (Point::default(), 0.0_f64);
    for part in parts {
        if at.x > 0.0 && at.x + part.width > room {
            at = Point {
                x: 0.0,
                y: at.y + row_height + GAP,
            };
            row_height = 0.0;
        }
        corners.push(at);
        row_height = row_height.max(part.height);
        whole.width = whole.width.max(at.x + part.width);
        whole.height = whole.height.max(at.y + part.height);
        at.x += part.width + GAP;
    }
    (corners, whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_small_parts_fill_rows() {
        let size = Size {
            width: 100.0,
            height: 40.0,
        };
        let (corners, whole) = pack(&[size; 40]);
        assert_eq!(corners.first(), Some(&Point::default()));
        assert!(
            whole.width < 1_000.0 && whole.height < 1_000.0,
            "{whole:?} is a column or a line"
        );
    }

    #[test]
    fn nothing_takes_no_room() {
        assert_eq!(pack(&[]), (Vec::new(), Size::default()));
    }
}
