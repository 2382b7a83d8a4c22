//! Limits on how many series or label sets a tenant may have.

use spangraph_config::Limiter;

/// What a tenant has, as far as its limit counts it, and whether more fits in.
///
/// What gathers the overflow is not counted: it is always admitted (SPEC §7).
#[derive(Debug)]
pub struct Limits {
    limiter: Limiter,
    series: usize,
    label_sets: usize,
}

impl Limits {
    /// Nothing counted yet.
    pub fn new(limiter: Limiter) -> Self {
        Self {
            limiter,
            series: 0,
            label_sets: 0,
        }
    }

    /// Counts on from what `old` had counted.
    pub fn inherit(&mut self, old: &Self) {
        (self.series, self.label_sets) = (old.series, old.label_sets);
    }

    /// What is limited.
    pub fn limiter(&self) -> Limiter {
        self.limiter
    }

    /// How many of what is limited there are.
    pub fn used(&self) -> usize {
        match self.limiter {
            Limiter::Series(_) => self.series,
            Limiter::Entities(_) => self.label_sets,
        }
    }

    /// Whether a new label set fits in, as far as can be told before its series come.
    pub fn admits_label_set(&self) -> bool {
        match self.limiter {
            Limiter::Series(most) => most == 0 || self.series < most,
            Limiter::Entities(most) => most == 0 || self.label_sets < most,
        }
    }

    /// Whether `count` new series of an admitted label set fit in.
    pub fn admits_series(&self, count: usize) -> bool {
        match self.limiter {
            Limiter::Series(most) => most == 0 || self.series + count <= most,
            Limiter::Entities(_) => true,
        }
    }

    /// Counts new series.
    pub fn add_series(&mut self, count: usize) {
        self.series += count;
    }

    /// Counts series no longer.
    pub fn remove_series(&mut self, count: usize) {
        self.series -= count;
    }

    /// Counts a new label set.
    pub fn add_label_set(&mut self) {
        self.label_sets += 1;
    }

    /// Counts a label set no longer.
    pub fn remove_label_set(&mut self) {
        self.label_sets -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_series_is_used_up_to_its_last_one() {
        let mut limits = Limits::new(Limiter::Series(5));
        limits.add_series(4);
        assert!(limits.admits_label_set());
        assert!(limits.admits_series(1));
        assert!(!limits.admits_series(2));
        limits.add_series(1);
        assert!(!limits.admits_label_set());
        limits.remove_series(2);
        assert!(limits.admits_series(2));
    }

    #[test]
    fn a_limit_of_label_sets_does_not_count_series() {
        let mut limits = Limits::new(Limiter::Entities(2));
        limits.add_label_set();
        limits.add_series(1000);
        assert!(limits.admits_label_set() && limits.admits_series(1000));
        limits.add_label_set();
        assert!(!limits.admits_label_set());
        limits.remove_label_set();
        assert!(limits.admits_label_set());
    }

    #[test]
    fn zero_is_no_limit() {
        for limiter in [Limiter::Series(0), Limiter::Entities(0)] {
            let mut limits = Limits::new(limiter);
            limits.add_series(1000);
            limits.add_label_set();
            assert!(limits.admits_label_set() && limits.admits_series(1000));
        }
    }
}
