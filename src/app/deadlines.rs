//! How the time that a stop may take is shared out.

use std::time::{Duration, Instant};

use spangraph_actors::pipeline::DrainDeadlines;
use spangraph_config::Config;

/// For requests under way, and for actors down to the last collection.
const COLLECTING: Duration = Duration::from_secs(20);

/// For pages and threads, once all is written.
const ENDING: Duration = Duration::from_secs(5);

/// The parts in which receivers, the gate and actors share the time until the last collection.
const STEPS: u32 = 6;

/// Until when what may go on as the server stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopDeadlines {
    /// Requests under way.
    pub received: Instant,
    /// The last collection.
    pub collected: Instant,
    /// Writers.
    pub written: Instant,
    /// Everything; a little before the limit, so that the ordinary end comes before the forced one.
    pub ended: Instant,
}

impl StopDeadlines {
    /// The deadlines of a stop that begins at `begun` and takes at most `limit`.
    #[must_use]
    pub fn new(begun: Instant, limit: Duration) -> Self {
        let ending = ENDING.min(limit / 6);
        let collecting = COLLECTING.min((limit - ending) / 2);
        Self {
            received: begun + collecting / STEPS,
            collected: begun + collecting,
            written: begun + (limit - ending),
            ended: begun + (limit - ending / 5),
        }
    }

    /// Those of the pipeline.
    #[must_use]
    pub fn of_pipeline(&self) -> DrainDeadlines {
        DrainDeadlines {
            collected: self.collected,
            written: self.written,
        }
    }
}

/// The most that a stop may take: `spangraph.stop.deadline`, or else the longest `remote_write_flush_deadline` and 25 s.
#[must_use]
pub fn limit(config: &Config) -> Duration {
    let flush = || {
        let deadlines = config
            .tenants()
            .map(|(_, settings)| settings.remote_write_flush_deadline);
        deadlines.max().unwrap_or_default()
    };
    let limit = config.server().stop_deadline;
    limit.unwrap_or_else(|| COLLECTING.saturating_add(flush()).saturating_add(ENDING))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(begun: Instant, limit: f64) -> [f64; 4] {
        let StopDeadlines {
            received,
            collected,
            written,
            ended,
        } = StopDeadlines::new(begun, Duration::from_secs_f64(limit));
        [received, collected, written, ended].map(|deadline| (deadline - begun).as_secs_f64())
    }

    #[test]
    fn writers_have_all_of_their_time_when_nothing_is_configured() {
        let limit = limit(&Config::from_yaml("").unwrap());
        assert_eq!(limit, Duration::from_secs(85));
        let [received, collected, written, ended] = seconds(Instant::now(), 85.0);
        assert!(received > 3.0 && collected == 20.0, "{received} {collected}");
        assert_eq!((written, ended), (80.0, 84.0));
    }

    #[test]
    fn the_limit_follows_what_is_configured() {
        let of = |text| limit(&Config::from_yaml(text).unwrap());
        let short = "metrics_generator: {storage: {remote_write_flush_deadline: 5s}}";
        assert_eq!(of(short), Duration::from_secs(30));
        assert_eq!(of("spangraph: {stop: {deadline: 12s}}"), Duration::from_secs(12));
    }

    #[test]
    fn a_short_limit_leaves_something_for_everyone() {
        for limit in [0.06, 6.0, 30.0, 3_600.0] {
            let deadlines = seconds(Instant::now(), limit);
            assert!(deadlines.is_sorted(), "{deadlines:?}");
            let [received, collected, written, ended] = deadlines;
            assert!(received > 0.0 && ended < limit, "{deadlines:?}");
            assert!(written - collected >= collected, "{deadlines:?}");
        }
    }
}
