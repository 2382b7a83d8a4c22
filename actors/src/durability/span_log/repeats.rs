//! Requests that are sent again because a crash ate their answer, known by what the log held of them.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{OnceLock, PoisonError, RwLock};
use std::time::Duration;

use spangraph_storage::span_log::RequestDigest;

use crate::time::Stamp;

/// For so long after the first request of a process requests are recognised: senders that got no answer come again sooner.
const WINDOW: Duration = Duration::from_secs(5 * 60);

/// The last requests of an earlier process.
#[derive(Debug, Default)]
pub struct Repeats {
    is_open: AtomicBool,
    begun: OnceLock<Stamp>,
    digests: RwLock<HashSet<RequestDigest>>,
}

impl Repeats {
    /// Requests with these `digests` are repeats.
    pub fn learn(&self, digests: HashSet<RequestDigest>) {
        let is_open = !digests.is_empty();
        *self.digests.write().unwrap_or_else(PoisonError::into_inner) = digests;
        self.is_open.store(is_open, Ordering::Release);
    }

    /// Whether the request of `tenant` with this `body`, as it came, was in the log already.
    pub fn contains(&self, tenant: &str, body: &[u8], now: Stamp) -> bool {
        if !self.is_open.load(Ordering::Acquire) {
            return false;
        }
        if now.since(*self.begun.get_or_init(|| now)) > WINDOW {
            self.close();
            return false;
        }
        let digest = RequestDigest::of(tenant, body);
        let digests = self.digests.read().unwrap_or_else(PoisonError::into_inner);
        digests.contains(&digest)
    }

    /// Forgets all of them.
    fn close(&self) {
        self.is_open.store(false, Ordering::Relaxed);
        let mut digests = self.digests.write().unwrap_or_else(PoisonError::into_inner);
        *digests = HashSet::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::PipelineTime;

    fn at(seconds: i64) -> Stamp {
        PipelineTime::from_unix_milliseconds(seconds * 1000).into()
    }

    #[test]
    fn a_request_is_recognised_within_five_minutes_of_the_first_one() {
        let repeats = Repeats::default();
        repeats.learn(HashSet::from([RequestDigest::of("a", b"spans")]));
        assert!(repeats.contains("a", b"spans", at(100)));
        assert!(repeats.contains("a", b"spans", at(400)), "however often it comes");
        assert!(!repeats.contains("b", b"spans", at(100)));
        assert!(!repeats.contains("a", b"other", at(100)));
        assert!(!repeats.contains("a", b"spans", at(401)));
        assert!(!repeats.contains("a", b"spans", at(100)), "they are forgotten");
    }
}
