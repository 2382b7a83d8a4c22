//! Quantiles of a histogram with bounds, as Prometheus' `histogram_quantile` reckons them.

use spangraph_actors::aggregator::LatencyDescription;

/// The value in seconds below which the share `quantile` (0 to 1) lies, linear within a bucket.
///
/// What lies above the last finite bound is taken to be at that bound. `None` without observations.
#[must_use]
pub fn quantile(latency: &LatencyDescription, quantile: f64) -> Option<f64> {
    let total = weight(latency);
    if total.is_nan() || total <= 0.0 {
        return None;
    }
    let wanted = quantile.clamp(0.0, 1.0) * total;
    let (mut lower, mut below) = (0.0, 0.0);
    for (upper, cumulative) in buckets(latency) {
        let cumulative = f64::max(cumulative, below);
        if cumulative >= wanted && cumulative > below {
            return Some(within(lower, upper, (wanted - below) / (cumulative - below)));
        }
        (lower, below) = (if upper.is_finite() { upper } else { lower }, cumulative);
    }
    Some(lower)
}

/// The weight of all observations.
#[must_use]
pub fn weight(latency: &LatencyDescription) -> f64 {
    latency.cumulative.last().copied().unwrap_or(0.0)
}

fn buckets(latency: &LatencyDescription) -> impl Iterator<Item = (f64, f64)> {
    latency
        .bounds
        .iter()
        .copied()
        .zip(latency.cumulative.iter().copied())
}

/// The point at `share` between two bounds; a first bucket that ends at or below 0 has no lower bound.
fn within(lower: f64, upper: f64, share: f64) -> f64 {
    if upper == f64::INFINITY {
        return lower;
    }
    if upper <= lower {
        return upper;
    }
    lower + (upper - lower) * share
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(bounds: &[f64], cumulative: &[f64]) -> LatencyDescription {
        LatencyDescription {
            bounds: bounds.into(),
            cumulative: cumulative.to_vec(),
            sum: 0.0,
        }
    }

    #[test]
    fn a_quantile_is_linear_within_its_bucket() {
        let latency = histogram(&[0.1, 0.2, f64::INFINITY], &[50.0, 100.0, 100.0]);
        assert_eq!(quantile(&latency, 0.5), Some(0.1));
        assert_eq!(quantile(&latency, 0.25), Some(0.05));
        assert!((quantile(&latency, 0.95).unwrap() - 0.19).abs() < 1e-12);
    }

    #[test]
    fn what_is_above_the_last_bound_is_taken_to_be_at_it() {
        let latency = histogram(&[0.1, f64::INFINITY], &[1.0, 10.0]);
        assert_eq!(quantile(&latency, 0.95), Some(0.1));
    }

    #[test]
    fn empty_buckets_are_stepped_over() {
        let latency = histogram(&[1.0, 2.0, 4.0, f64::INFINITY], &[0.0, 0.0, 10.0, 10.0]);
        assert_eq!(quantile(&latency, 0.5), Some(3.0));
        assert_eq!(quantile(&latency, 0.0), Some(2.0));
    }

    #[test]
    fn nothing_observed_has_no_quantile() {
        assert_eq!(
            quantile(&histogram(&[1.0, f64::INFINITY], &[0.0, 0.0]), 0.5),
            None
        );
        assert_eq!(quantile(&histogram(&[], &[]), 0.5), None);
        assert_eq!(quantile(&histogram(&[f64::INFINITY], &[f64::NAN]), 0.5), None);
    }

    #[test]
    fn buckets_that_fall_by_rounding_do_not_upset_it() {
        let latency = histogram(&[1.0, 2.0, f64::INFINITY], &[10.0, 9.999_999, 10.0]);
        assert_eq!(quantile(&latency, 0.5), Some(0.5));
    }
}
