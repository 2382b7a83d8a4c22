//! Finds what a server can take: more and more requests under way, until more of them bring no more.

use anyhow::Context as _;
use serde::Serialize;

use super::options::Load;
use super::plan::step;
use super::subject::Subject;
use crate::drive::Driven;

/// As many requests under way are enough as bring this share of the most.
const ENOUGH: f64 = 0.95;

/// What the server took with so many requests under way.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Step {
    /// How many.
    pub in_flight: usize,
    /// Spans a second that were accepted.
    pub spans_per_second: f64,
    /// CPU seconds of the server for each second.
    pub server_cpu: f64,
}

/// Where a server is at its limit.
pub(super) struct Capacity {
    /// What was tried, with more and more under way.
    pub(super) steps: Vec<Step>,
    /// How many requests under way are enough.
    pub(super) in_flight: usize,
    /// What was sent to find it.
    pub(super) drives: Vec<Driven>,
}

/// Tries twice as many requests under way each time, up to one on each connection.
///
/// # Errors
/// When the server cannot be reached.
pub(super) async fn find_capacity(subject: &Subject, load: &Load) -> anyhow::Result<Capacity> {
    let (mut steps, mut drives) = (Vec::new(), Vec::new());
    for (number, in_flight) in (0..).zip(tried(load.connections)) {
        let (driven, phase) = subject.run(step(load, in_flight, number)).await?;
        steps.push(Step {
            in_flight,
            spans_per_second: phase.accepted_spans_per_second,
            server_cpu: phase.server_cpu_share(),
        });
        drives.push(driven);
    }
    Ok(Capacity {
        in_flight: enough(&steps).context("nothing was tried")?,
        steps,
        drives,
    })
}

/// 2, 4, 8, and so on, and `most`.
fn tried(most: usize) -> Vec<usize> {
    let doubled = std::iter::successors(Some(2), |tried: &usize| tried.checked_mul(2));
    doubled.take_while(|tried| *tried < most).chain([most]).collect()
}

/// The fewest that bring nearly the most.
fn enough(steps: &[Step]) -> Option<usize> {
    let speeds = steps.iter().map(|step| step.spans_per_second);
    let most = speeds.fold(0.0, f64::max);
    let found = steps.iter().find(|step| step.spans_per_second >= ENOUGH * most);
    found.map(|step| step.in_flight)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(in_flight: usize, spans_per_second: f64) -> Step {
        Step {
            in_flight,
            spans_per_second,
            server_cpu: 1.0,
        }
    }

    #[test]
    fn the_fewest_requests_under_way_that_bring_nearly_the_most_are_enough() {
        let steps = [
            step(2, 100.0),
            step(4, 180.0),
            step(8, 196.0),
            step(16, 200.0),
            step(32, 190.0),
        ];
        assert_eq!(enough(&steps), Some(8));
        assert_eq!(enough(&[]), None);
    }

    #[test]
    fn twice_as_many_are_tried_each_time_up_to_the_most() {
        assert_eq!(tried(64), [2, 4, 8, 16, 32, 64]);
        assert_eq!(tried(10), [2, 4, 8, 10]);
        assert_eq!(tried(1), [1]);
    }
}
