//! Digests of requests, by which one that is sent again after a restart is recognised.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::error::SpanLogError;
use super::log::{LogSegment, SpanLog};
use super::record::LoggedRequest;
use super::replay::Replay;
use crate::disk::Disk;

/// A request as a hash of its tenant and its body as it came: the first 16 bytes of SHA-256. It is only needed around a
/// start, so it need not be fast, and nobody can make a request that is taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestDigest(pub u128);

/// The digests of the last requests of a log.
#[derive(Debug, Default)]
pub struct RecentDigests {
    /// The digests.
    pub digests: HashSet<RequestDigest>,
    /// Requests that cannot be read, and so are not recognised.
    pub lost: Vec<SpanLogError>,
}

/// What was read of the end of a log: stamps with digests.
#[derive(Debug, Default)]
struct Read {
    stamped: Vec<(i64, RequestDigest)>,
    lost: Vec<SpanLogError>,
}

impl RequestDigest {
    /// The digest of a request of `tenant`.
    #[must_use]
    pub fn of(tenant: &str, body: &[u8]) -> Self {
        let mut hash = Sha256::new();
        hash.update((tenant.len() as u64).to_le_bytes());
        hash.update(tenant);
        hash.update(body);
        let digest: [u8; 32] = hash.finalize().into();
        let first = digest.first_chunk().copied().unwrap_or_default();
        Self(u128::from_be_bytes(first))
    }
}

/// The end of a log as it was, to be read apart from it.
#[derive(Debug)]
pub struct RecentRequests {
    disk: Arc<dyn Disk>,
    segments: VecDeque<LogSegment>,
    durable: u64,
}

impl SpanLog {
    /// The durable requests as they are now.
    #[must_use]
    pub fn recent(&self) -> RecentRequests {
        RecentRequests {
            disk: Arc::clone(&self.disk),
            segments: self.segments.clone(),
            durable: self.durable,
        }
    }
}

impl RecentRequests {
    /// The digests of the requests that were stamped at most `milliseconds` before the last stamp, of those that are kept.
    /// It reads segments from the last one back, up to one that has only older requests.
    #[must_use]
    pub fn digests(&self, milliseconds: i64) -> RecentDigests {
        let (mut recent, mut last_stamp, mut end) = (Read::default(), i64::MIN, self.durable);
        for segment in self.segments.iter().rev() {
            let positions = segment.first..end.max(segment.first);
            end = end.min(segment.first);
            let read = Read::of(Replay::new(
                Arc::clone(&self.disk),
                vec![segment.clone()],
                positions,
            ));
            let newest = read.stamped.iter().map(|(stamp, _)| *stamp).max();
            recent.lost.extend(read.lost);
            recent.stamped.extend(read.stamped);
            last_stamp = last_stamp.max(newest.unwrap_or(i64::MIN));
            if newest.is_some_and(|newest| newest < last_stamp.saturating_sub(milliseconds)) {
                break;
            }
        }
        recent.since(last_stamp.saturating_sub(milliseconds))
    }
}

impl Read {
    fn of(replay: Replay) -> Self {
        let mut read = Self::default();
        for request in replay {
            match request {
                Ok(request) => read.stamped.push(stamped(&request)),
                Err(error) => read.lost.push(error),
            }
        }
        read
    }

    fn since(self, stamp: i64) -> RecentDigests {
        let recent = self.stamped.into_iter().filter(|(at, _)| *at >= stamp);
        RecentDigests {
            digests: recent.map(|(_, digest)| digest).collect(),
            lost: self.lost,
        }
    }
}

fn stamped(request: &LoggedRequest) -> (i64, RequestDigest) {
    let digest = RequestDigest::of(&request.tenant, &request.body);
    (request.stamp_unix_milliseconds, digest)
}
