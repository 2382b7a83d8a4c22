//! Whether failures in a row can be chance, by how often an endpoint takes what it is sent for the first time.

/// How much of each earlier attempt counts less with every further one: the last 128 or so decide.
const KEPT: f64 = 1.0 - 1.0 / 128.0;

/// How many standard deviations an estimate is lowered by.
#[derive(Clone, Copy, Debug)]
pub(super) enum Confidence {
    /// One: to cut a request, which costs nothing but requests.
    Likely,
    /// Two: to drop a series.
    Sure,
}

/// What became of first attempts lately; pure. Only first ones count: what fails once and is tried again and again would
/// make the endpoint look worse than it is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FirstAttempts {
    made: f64,
    taken: f64,
}

impl FirstAttempts {
    /// Notes one.
    pub(super) fn note(&mut self, is_taken: bool) {
        self.made = self.made * KEPT + 1.0;
        self.taken = self.taken * KEPT + f64::from(u8::from(is_taken));
    }

    /// How likely it is at the most that something that the endpoint would take fails so many `times` in a row.
    pub(super) fn chance_of_failures(&self, times: u32, confidence: Confidence) -> f64 {
        let exponent = i32::try_from(times).unwrap_or(i32::MAX);
        (1.0 - self.least_share(confidence)).powi(exponent)
    }

    /// The share that is taken at the least: the lower bound of Wilson's interval ("Probable inference", 1927).
    fn least_share(&self, confidence: Confidence) -> f64 {
        if self.made == 0.0 {
            return 0.0;
        }
        let z = match confidence {
            Confidence::Likely => 1.0_f64,
            Confidence::Sure => 2.0,
        };
        let (share, count) = (self.taken / self.made, self.made);
        let middle = share + z * z / (2.0 * count);
        let margin = z * (share * (1.0 - share) / count + (z / (2.0 * count)).powi(2)).sqrt();
        ((middle - margin) / (1.0 + z * z / count)).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempts(taken: u32, failed: u32) -> FirstAttempts {
        let mut attempts = FirstAttempts::default();
        for number in 0..taken + failed {
            attempts.note(number % (taken + failed) < taken);
        }
        attempts
    }

    #[test]
    fn without_a_success_any_number_of_failures_is_chance() {
        for attempts in [attempts(0, 0), attempts(0, 100)] {
            assert!(attempts.chance_of_failures(1_000, Confidence::Likely) > 0.99);
        }
    }

    #[test]
    fn the_more_is_taken_the_fewer_failures_are_no_chance() {
        let failures = |taken, failed| {
            let attempts = attempts(taken, failed);
            let is_chance = |times: &u32| attempts.chance_of_failures(*times, Confidence::Sure) > 1e-4;
            (1..).take_while(is_chance).count()
        };
        let needed = [failures(500, 0), failures(60, 40), failures(15, 85)];
        assert!(
            needed.is_sorted() && needed[0] <= 3 && needed[2] > 80,
            "{needed:?}"
        );
    }
}
