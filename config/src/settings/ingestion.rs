//! How much a tenant may send.

/// How much a tenant may send to this process, in bytes of requests after decompression.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IngestionSettings {
    /// Bytes a second in the long run; 0 means no limit.
    pub rate_limit_bytes: usize,
    /// Bytes at once, as configured; 0 means as many as `rate_limit_bytes`.
    pub burst_size_bytes: usize,
}

/// A limit in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IngestionLimit {
    /// Bytes a second in the long run, at least 1.
    pub bytes_per_second: u64,
    /// Bytes at once after a pause, at least 1; no request may be larger.
    pub burst_bytes: u64,
}

impl IngestionSettings {
    /// The limit; none when there is no rate to keep.
    #[must_use]
    pub fn limit(self) -> Option<IngestionLimit> {
        let burst = match self.burst_size_bytes {
            0 => self.rate_limit_bytes,
            burst => burst,
        };
        (self.rate_limit_bytes > 0).then_some(IngestionLimit {
            bytes_per_second: bytes(self.rate_limit_bytes),
            burst_bytes: bytes(burst),
        })
    }
}

fn bytes(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(rate_limit_bytes: usize, burst_size_bytes: usize) -> Option<(u64, u64)> {
        let settings = IngestionSettings {
            rate_limit_bytes,
            burst_size_bytes,
        };
        let limit = settings.limit();
        limit.map(|limit| (limit.bytes_per_second, limit.burst_bytes))
    }

    #[test]
    fn a_burst_that_is_not_set_is_what_comes_in_a_second() {
        assert_eq!(limit(5, 0), Some((5, 5)));
        assert_eq!(limit(5, 3), Some((5, 3)));
    }

    #[test]
    fn without_a_rate_there_is_no_limit() {
        assert_eq!((limit(0, 0), limit(0, 7)), (None, None));
    }
}
