//! What flowed between two descriptions: calls, failures and latencies, and the numbers made of them.

use serde::Serialize;
use spangraph_actors::aggregator::{EdgeDescription, LatencyDescription, ServiceDescription};
use utoipa::ToSchema;

use super::quantile::{quantile, weight};

/// Calls, from a moment or from the start of their series on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flow {
    /// How many.
    pub calls: f64,
    /// Those that failed.
    pub failed: f64,
    /// Their latencies at the called side.
    pub server: Option<LatencyDescription>,
    /// Their latencies at the calling side.
    pub client: Option<LatencyDescription>,
}

/// The numbers of a node or an edge.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Measures {
    /// Calls within the window, or since the start of the series when there is no window yet.
    pub calls: f64,
    /// Calls a second; null as long as the graph was described only once.
    pub rate: Option<f64>,
    /// The share of calls that failed, 0 to 1; null without calls.
    pub error_share: Option<f64>,
    /// The median latency in seconds.
    pub p50_seconds: Option<f64>,
    /// The 95th percentile of latency in seconds.
    pub p95_seconds: Option<f64>,
}

impl Flow {
    /// All that an edge's series tell of.
    #[must_use]
    pub fn of_edge(edge: &EdgeDescription) -> Self {
        let (server, client) = (edge.server_latency.clone(), edge.client_latency.clone());
        let observed = server.as_ref().or(client.as_ref()).map_or(0.0, weight);
        Self {
            calls: if edge.calls == 0.0 { observed } else { edge.calls },
            failed: edge.failed,
            server,
            client,
        }
    }

    /// What a service's span metrics tell of calls to it.
    #[must_use]
    pub fn of_service(service: &ServiceDescription) -> Self {
        Self {
            calls: service.served,
            failed: service.served_failed,
            ..Self::default()
        }
    }

    /// What came since `earlier`; a value that fell began anew, so all of it came since.
    #[must_use]
    pub fn since(self, earlier: &Self) -> Self {
        Self {
            calls: increase(self.calls, earlier.calls),
            failed: increase(self.failed, earlier.failed),
            server: latency_since(self.server, earlier.server.as_ref()),
            client: latency_since(self.client, earlier.client.as_ref()),
        }
    }

    /// Takes `other` in.
    pub fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.failed += other.failed;
        add_latency(&mut self.server, other.server);
        add_latency(&mut self.client, other.client);
    }

    /// The numbers, of a window of `seconds`; latencies as the called side saw them, else the calling side.
    #[must_use]
    pub fn measures(&self, seconds: Option<f64>) -> Measures {
        let observed = |latency: &&LatencyDescription| weight(latency) > 0.0;
        let server = self.server.as_ref().filter(observed);
        let latency = server.or(self.client.as_ref().filter(observed));
        Measures {
            calls: self.calls,
            rate: seconds
                .filter(|seconds| *seconds > 0.0)
                .map(|seconds| self.calls / seconds),
            error_share: (self.calls > 0.0).then(|| (self.failed / self.calls).clamp(0.0, 1.0)),
            p50_seconds: latency.and_then(|latency| quantile(latency, 0.5)),
            p95_seconds: latency.and_then(|latency| quantile(latency, 0.95)),
        }
    }
}

fn increase(now: f64, then: f64) -> f64 {
    if now < then { now } else { now - then }
}

fn latency_since(
    now: Option<LatencyDescription>,
    then: Option<&LatencyDescription>,
) -> Option<LatencyDescription> {
    let mut now = now?;
    if let Some(then) = then.filter(|then| goes_on_from(&now, then)) {
        for (value, earlier) in now.cumulative.iter_mut().zip(&then.cumulative) {
            *value = (*value - earlier).max(0.0);
        }
        now.sum -= then.sum;
    }
    Some(now)
}

/// Whether the series was not begun anew in between.
fn goes_on_from(now: &LatencyDescription, then: &LatencyDescription) -> bool {
    now.bounds == then.bounds && weight(now) >= weight(then)
}

/// Adds histograms of the same bounds; of others, as after a change of settings, the heavier one stands for both.
fn add_latency(sum: &mut Option<LatencyDescription>, other: Option<LatencyDescription>) {
    let Some(other) = other else { return };
    match sum {
        Some(sum) if sum.bounds == other.bounds => {
            for (value, more) in sum.cumulative.iter_mut().zip(&other.cumulative) {
                *value += more;
            }
            sum.sum += other.sum;
        }
        Some(heavier) if weight(heavier) >= weight(&other) => {}
        _ => *sum = Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn latency(cumulative: &[f64]) -> Option<LatencyDescription> {
        Some(LatencyDescription {
            bounds: [0.1, 0.2, f64::INFINITY].into(),
            cumulative: cumulative.to_vec(),
            sum: 1.0,
        })
    }

    fn flow(calls: f64, failed: f64) -> Flow {
        Flow {
            calls,
            failed,
            ..Flow::default()
        }
    }

    #[test]
    fn a_rate_is_the_increase_over_the_seconds() {
        let measures = flow(160.0, 12.0).since(&flow(100.0, 9.0)).measures(Some(30.0));
        assert_eq!((measures.rate, measures.error_share), (Some(2.0), Some(0.05)));
    }

    #[test]
    fn a_series_that_fell_or_is_new_counts_from_zero() {
        assert_eq!(flow(5.0, 1.0).since(&flow(100.0, 9.0)), flow(5.0, 1.0));
        assert_eq!(flow(5.0, 1.0).since(&Flow::default()), flow(5.0, 1.0));
        let fell = latency_since(latency(&[1.0, 2.0, 3.0]), latency(&[4.0, 5.0, 6.0]).as_ref());
        assert_eq!(fell, latency(&[1.0, 2.0, 3.0]));
    }

    #[test]
    fn without_a_window_the_rate_is_unknown() {
        let measures = flow(10.0, 0.0).measures(None);
        assert_eq!(
            (measures.calls, measures.rate, measures.error_share),
            (10.0, None, Some(0.0))
        );
        assert_eq!(flow(0.0, 0.0).measures(Some(10.0)).error_share, None);
    }

    #[test]
    fn latencies_are_those_of_the_window_and_of_the_called_side_first() {
        let mut now = flow(20.0, 0.0);
        now.server = latency(&[10.0, 20.0, 20.0]);
        now.client = latency(&[0.0, 0.0, 20.0]);
        let mut then = flow(10.0, 0.0);
        then.server = latency(&[10.0, 10.0, 10.0]);
        let measures = now.clone().since(&then).measures(Some(10.0));
        assert!((measures.p50_seconds.unwrap() - 0.15).abs() < 1e-9);
        now.server = None;
        assert_eq!(now.measures(None).p50_seconds, Some(0.2));
    }

    #[test]
    fn histograms_add_up_and_those_of_other_bounds_give_way_to_the_heavier() {
        let mut sum = latency(&[1.0, 2.0, 3.0]);
        add_latency(&mut sum, latency(&[1.0, 1.0, 1.0]));
        assert_eq!(sum.as_ref().unwrap().cumulative, [2.0, 3.0, 4.0]);
        let other = LatencyDescription {
            bounds: [f64::INFINITY].into(),
            cumulative: vec![1.0],
            sum: 0.0,
        };
        add_latency(&mut sum, Some(other));
        assert_eq!(sum.unwrap().cumulative.len(), 3);
    }

    #[test]
    fn calls_are_those_of_the_histogram_when_they_are_not_counted_themselves() {
        let edge = EdgeDescription {
            server_latency: latency(&[1.0, 2.0, 3.0]),
            ..EdgeDescription::default()
        };
        assert_eq!(Flow::of_edge(&edge).calls, 3.0);
    }
}
