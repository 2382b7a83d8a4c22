//! How many tenants may run at one time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::admission::Refusal;

/// When a refused sender is asked to come again: tenants leave when they were idle for minutes.
const RETRY_AFTER: Duration = Duration::from_secs(30);

/// The places for running tenants.
#[derive(Debug)]
pub(super) struct Places {
    most: usize,
    taken: AtomicUsize,
}

impl Places {
    /// As many places as `most`, all free.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            taken: AtomicUsize::new(0),
        }
    }

    /// Whether one is free now.
    ///
    /// # Errors
    /// [`Refusal::TooManyTenants`] when none is.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        if self.taken.load(Ordering::Acquire) < self.most {
            Ok(())
        } else {
            Err(self.refusal())
        }
    }

    /// Takes one.
    ///
    /// # Errors
    /// [`Refusal::TooManyTenants`] when none is free.
    pub(super) fn take(&self) -> Result<(), Refusal> {
        let one_more = |taken: usize| (taken < self.most).then_some(taken + 1);
        self.taken
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more)
            .map(|_| ())
            .map_err(|_| self.refusal())
    }

    /// Takes one, whether one is free or not.
    pub(super) fn take_past_the_bound(&self) {
        self.taken.fetch_add(1, Ordering::AcqRel);
    }

    /// Gives one back.
    pub(super) fn free(&self) {
        self.taken.fetch_sub(1, Ordering::AcqRel);
    }

    fn refusal(&self) -> Refusal {
        Refusal::TooManyTenants {
            most: self.most,
            retry_after: RETRY_AFTER,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_places_are_taken_than_there_are_and_a_free_one_is_taken_again() {
        let places = Places::new(2);
        assert_eq!(
            (places.take(), places.check(), places.take()),
            (Ok(()), Ok(()), Ok(()))
        );
        let refused = places.take().unwrap_err();
        assert_eq!(places.check(), Err(refused.clone()));
        let text = refused.to_string();
        assert!(
            text.contains("2 tenants run") && text.contains("spangraph.admission.max_tenants"),
            "{text}"
        );
        places.free();
        assert_eq!((places.take(), places.take()), (Ok(()), Err(refused)));
    }
}
