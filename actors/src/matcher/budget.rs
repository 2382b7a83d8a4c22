//! A bound that all shards of a tenant share, such as the size of its pending tables together.

use std::sync::atomic::{AtomicUsize, Ordering};

/// How many things there are and how many there may be.
#[derive(Debug)]
pub struct Budget {
    taken: AtomicUsize,
    most: AtomicUsize,
}

impl Budget {
    /// A budget of `most` things, none taken.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            taken: AtomicUsize::new(0),
            most: AtomicUsize::new(most),
        }
    }

    /// Takes one, when there is one left.
    #[must_use]
    pub fn take(&self) -> bool {
        let most = self.most();
        let more = |taken: usize| (taken < most).then_some(taken + 1);
        self.taken
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, more)
            .is_ok()
    }

    /// Gives back one that was taken.
    pub fn give_back(&self) {
        let fewer = |taken: usize| taken.checked_sub(1);
        let _ = self
            .taken
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, fewer);
    }

    /// Takes so many, whether they are left or not: [`Self::is_passed`] then tells.
    pub fn take_all(&self, things: usize) {
        self.taken.fetch_add(things, Ordering::AcqRel);
    }

    /// Gives back so many that were taken.
    pub fn give_back_all(&self, things: usize) {
        let fewer = |taken: usize| Some(taken.saturating_sub(things));
        let _ = self
            .taken
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, fewer);
    }

    /// Whether more are taken than there may be.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        self.taken.load(Ordering::Relaxed) > self.most()
    }

    /// How many are taken.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.taken.load(Ordering::Acquire)
    }

    /// How many there may be.
    #[must_use]
    pub fn most(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }

    /// Changes how many there may be; what is taken beyond it stays taken until it is given back.
    pub fn set_most(&self, most: usize) {
        self.most.store(most, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_never_passes_the_bound_and_comes_back() {
        let budget = Budget::new(2);
        assert_eq!([budget.take(), budget.take(), budget.take()], [true, true, false]);
        budget.give_back();
        assert!(budget.take());
        assert_eq!(budget.taken(), 2);
    }

    #[test]
    fn what_cannot_be_refused_passes_the_bound_and_tells() {
        let budget = Budget::new(10);
        budget.take_all(10);
        assert!(!budget.is_passed());
        budget.take_all(1);
        assert!(budget.is_passed());
        budget.give_back_all(11);
        assert_eq!((budget.taken(), budget.is_passed()), (0, false));
    }

    #[test]
    fn a_lower_bound_lets_in_nothing_until_enough_came_back() {
        let budget = Budget::new(2);
        assert!(budget.take() && budget.take());
        budget.set_most(1);
        budget.give_back();
        assert!(!budget.take());
        budget.give_back();
        assert!(budget.take());
    }
}
