//! Small charts as SVG: a sparkline and a bar.

use std::fmt::Write as _;

use maud::{Markup, html};

/// The largest share a bar can show; in SVG units.
const WIDTH: f64 = 100.0;
const HEIGHT: f64 = 24.0;

/// `points` from left to right as a line over a filled area, from 0 to the largest; `label` says what they are.
#[must_use]
pub fn sparkline(points: &[f64], label: &str) -> Markup {
    let line = polyline(points);
    let area = format!("{line} {WIDTH},{HEIGHT} 0,{HEIGHT}");
    html! {
        svg .sparkline viewBox="0 0 100 24" preserveAspectRatio="none" role="img" aria-label=(label) {
            @if points.len() > 1 {
                polygon points=(area) {}
                polyline points=(line) vector-effect="non-scaling-stroke" {}
            }
        }
    }
}

/// A bar filled to `share` (0 to 1) of its width; from 90 % on it stands out.
#[must_use]
pub fn bar(share: f64, label: &str) -> Markup {
    filled_bar(share, share >= 0.9, label)
}

/// A bar filled to `share` (0 to 1) of its width, for shares of which none is too large, as in histograms and rankings.
#[must_use]
pub fn portion(share: f64, label: &str) -> Markup {
    filled_bar(share, false, label)
}

fn filled_bar(share: f64, stands_out: bool, label: &str) -> Markup {
    let filled = if share.is_finite() {
        share.clamp(0.0, 1.0)
    } else {
        0.0
    };
    html! {
        svg .bar.full[stands_out] viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label=(label) {
            rect .track width="100" height="8" {}
            rect .fill width=(format!("{:.1}", filled * WIDTH)) height="8" {}
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "there are a hundred points, not billions"
)]
fn polyline(points: &[f64]) -> String {
    let most = points
        .iter()
        .copied()
        .filter(|point| point.is_finite())
        .fold(0.0, f64::max);
    let step = WIDTH / (points.len().max(2) - 1) as f64;
    let mut text = String::new();
    for (index, point) in points.iter().enumerate() {
        let height = if most > 0.0 && point.is_finite() {
            point / most
        } else {
            0.0
        };
        let separator = if index == 0 { "" } else { " " };
        let (x, y) = (
            index as f64 * step,
            HEIGHT - 1.0 - height.max(0.0) * (HEIGHT - 2.0),
        );
        let _ = write!(text, "{separator}{x:.1},{y:.1}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_point_is_at_the_top_and_zero_at_the_bottom() {
        assert_eq!(polyline(&[0.0, 5.0, 10.0]), "0.0,23.0 50.0,12.0 100.0,1.0");
        assert_eq!(polyline(&[0.0, 0.0]), "0.0,23.0 100.0,23.0");
        assert_eq!(polyline(&[f64::NAN, f64::INFINITY]), "0.0,23.0 100.0,23.0");
    }

    #[test]
    fn a_bar_stays_within_its_track_and_stands_out_when_it_is_nearly_full() {
        let full = bar(1.7, "queue").into_string();
        assert!(
            full.contains("width=\"100.0\"") && full.contains("class=\"bar full\""),
            "{full}"
        );
        let portion = portion(1.0, "series").into_string();
        assert!(
            portion.contains("width=\"100.0\"") && portion.contains("class=\"bar\""),
            "{portion}"
        );
        assert!(bar(f64::NAN, "queue").into_string().contains("width=\"0.0\""));
    }
}
