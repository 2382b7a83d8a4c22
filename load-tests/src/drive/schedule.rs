//! Which request is sent when, and when to stop.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::Args;
use serde::Serialize;

use crate::traffic::{Delivery, Round, Stamp};

/// How much is sent, and how fast.
#[derive(Args, Clone, Debug, Serialize)]
pub struct Limits {
    /// No new round of requests begins once so many spans were sent.
    #[arg(long, default_value_t = 1_000_000)]
    pub spans: u64,
    /// Nor after so many seconds; late halves and duplicates still follow.
    #[arg(long, default_value_t = 60.0)]
    pub seconds: f64,
    /// Spans a second; without it, as fast as the receiver answers.
    #[arg(long)]
    pub rate: Option<f64>,
    /// Connections, each with one request at a time.
    #[arg(long, default_value_t = 8)]
    pub connections: usize,
    /// Requests under way at a time on all connections, which take turns; without it, one on each.
    #[arg(long)]
    pub in_flight: Option<usize>,
    /// Seconds that late halves come after their round, and duplicates after them.
    #[arg(long, default_value_t = 6.0)]
    pub late_by: f64,
}

/// Hands out what is to be sent, to every worker in turn.
#[derive(Debug)]
pub(super) struct Schedule {
    round: Arc<Round>,
    limits: Limits,
    seed: u64,
    began: Instant,
    position: usize,
    current: Option<RoundStart>,
    rounds: u64,
    sent_spans: u64,
    later: VecDeque<Job>,
}

#[derive(Clone, Copy, Debug)]
struct RoundStart {
    number: u64,
    at: Instant,
    stamp: Stamp,
}

/// One sending.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job {
    /// The number of its round, from 0.
    pub(super) round: u64,
    /// Its position among the round's deliveries.
    pub(super) position: usize,
    /// What is sent.
    pub(super) delivery: Delivery,
    /// Its ids and times.
    pub(super) stamp: Stamp,
    /// When; latency counts from here when there is a rate.
    pub(super) due: Instant,
}

impl Schedule {
    /// Begins at `began`.
    pub(super) fn new(round: Arc<Round>, limits: Limits, seed: u64, began: Instant) -> Self {
        Self {
            round,
            limits,
            seed,
            began,
            position: 0,
            current: None,
            rounds: 0,
            sent_spans: 0,
            later: VecDeque::new(),
        }
    }

    /// What is to be sent next; none when all was handed out.
    pub(super) fn next(&mut self, now: Instant) -> Option<Job> {
        if self.later.front().is_some_and(|job| job.due <= now) {
            return self.later.pop_front();
        }
        loop {
            let Some(start) = self.current.or_else(|| self.begin_round(now)) else {
                return self.later.pop_front();
            };
            let Some(delivery) = self.round.deliveries().get(self.position).copied() else {
                self.current = None;
                continue;
            };
            let job = self.job(start, delivery, now);
            self.position += 1;
            if delivery.delays == 0 {
                return Some(job);
            }
            self.put_off(job);
        }
    }

    fn begin_round(&mut self, now: Instant) -> Option<RoundStart> {
        let is_over = self.sent_spans >= self.limits.spans
            || now.duration_since(self.began).as_secs_f64() >= self.limits.seconds;
        if is_over || self.round.deliveries().is_empty() {
            return None;
        }
        let start = RoundStart {
            number: self.rounds,
            at: now,
            stamp: Stamp::of_round(self.seed, self.rounds, now_unix_nanoseconds()),
        };
        self.rounds += 1;
        self.position = 0;
        self.current = Some(start);
        self.current
    }

    fn job(&mut self, start: RoundStart, delivery: Delivery, now: Instant) -> Job {
        let spans = self
            .round
            .template(delivery.request)
            .map_or(0, |template| template.spans());
        let due = match (delivery.delays, self.limits.rate) {
            (0, Some(rate)) => self.began + seconds(self.sent_spans as f64 / rate),
            (0, None) => now,
            (_, _) => start.at.max(now) + delivery.delay(seconds(self.limits.late_by)),
        };
        self.sent_spans += spans;
        Job {
            round: start.number,
            position: self.position,
            delivery,
            stamp: start.stamp,
            due,
        }
    }

    /// Keeps what comes later in the order in which it is due.
    fn put_off(&mut self, job: Job) {
        let place = self.later.partition_point(|other| other.due <= job.due);
        self.later.insert(place, job);
    }
}

/// Nanoseconds since the Unix epoch.
pub(crate) fn now_unix_nanoseconds() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::Shape;

    fn limits(spans: u64) -> Limits {
        Limits {
            spans,
            seconds: 60.0,
            rate: None,
            connections: 1,
            in_flight: None,
            late_by: 6.0,
        }
    }

    fn troubled() -> Arc<Round> {
        let shape = Shape {
            services: 5,
            late: 0.2,
            duplicates: 0.5,
            ..Shape::default()
        };
        Arc::new(Round::new(&shape).unwrap())
    }

    fn all(round: &Arc<Round>, limits: Limits, now: Instant) -> Vec<Job> {
        let mut schedule = Schedule::new(Arc::clone(round), limits, 1, now);
        std::iter::from_fn(|| schedule.next(now)).collect()
    }

    #[test]
    fn every_delivery_of_every_round_is_handed_out_once() {
        let (round, now) = (troubled(), Instant::now());
        let jobs = all(&round, limits(2 * round.spans()), now);
        let mut places: Vec<_> = jobs.iter().map(|job| (job.round, job.position)).collect();
        places.sort_unstable();
        let rounds = jobs.iter().map(|job| job.round).max().unwrap() + 1;
        let expected: Vec<_> = (0..rounds)
            .flat_map(|number| (0..round.deliveries().len()).map(move |position| (number, position)))
            .collect();
        assert_eq!(places, expected);
        assert!(rounds >= 2);
    }

    #[test]
    fn late_halves_and_duplicates_come_their_delay_after_the_round() {
        let (round, now) = (troubled(), Instant::now());
        for job in all(&round, limits(1), now) {
            assert_eq!(job.due - now, Duration::from_secs(6) * job.delivery.delays);
        }
    }

    #[test]
    fn at_a_rate_requests_are_due_when_the_spans_before_them_take_their_time() {
        let (round, now) = (troubled(), Instant::now());
        let limits = Limits {
            rate: Some(1_000.0),
            ..limits(1)
        };
        let mut spans = 0;
        for job in all(&round, limits, now)
            .iter()
            .filter(|job| job.delivery.delays == 0)
        {
            let due = (job.due - now).as_secs_f64();
            assert!(
                (due - spans as f64 / 1_000.0).abs() < 1e-6,
                "{due} after {spans} spans"
            );
            spans += round.template(job.delivery.request).unwrap().spans();
        }
    }

    #[test]
    fn nothing_begins_when_the_time_is_up() {
        let (round, now) = (troubled(), Instant::now());
        let limits = Limits {
            seconds: 0.0,
            ..limits(1_000_000)
        };
        assert!(all(&round, limits, now).is_empty());
    }
}
