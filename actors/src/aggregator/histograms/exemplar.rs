//! Exemplars: the trace behind the last observation of a bucket.

/// The last observation of a bucket, if there is one, and whether it is still to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Exemplar {
    trace_id: [u8; 16],
    seconds: f64,
    /// Milliseconds since the Unix epoch, doubled, plus 1 while it is to be sent: every bucket has one of these.
    stamp: i64,
}

impl Exemplar {
    /// No observation yet.
    pub const NONE: Self = Self {
        trace_id: [0; 16],
        seconds: 0.0,
        stamp: i64::MIN,
    };

    /// An observation that is to be sent.
    pub fn new(trace_id: [u8; 16], seconds: f64, unix_milliseconds: i64) -> Self {
        let stamp = unix_milliseconds.saturating_mul(2) | 1;
        Self {
            trace_id,
            seconds,
            stamp,
        }
    }

    /// Whether there is an observation.
    pub fn is_some(&self) -> bool {
        self.stamp != Self::NONE.stamp
    }

    /// Whether the observation is still to be sent; from now on it is not.
    pub fn take_pending(&mut self) -> bool {
        let pending = self.stamp & 1 == 1;
        self.stamp &= !1;
        pending
    }

    /// When it was observed, in milliseconds since the Unix epoch.
    pub fn unix_milliseconds(&self) -> i64 {
        self.stamp >> 1
    }

    /// What was observed.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// The trace's id as 32 hexadecimal digits, written into `digits`.
    pub fn trace_id<'a>(&self, digits: &'a mut [u8; 32]) -> &'a str {
        let written = hex::encode_to_slice(self.trace_id, digits);
        written
            .ok()
            .and_then(|()| str::from_utf8(digits).ok())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exemplar_is_sent_once_and_known_for_longer() {
        let mut exemplar = Exemplar::new([0xa5; 16], 0.25, 1_700_000_000_123);
        assert!(exemplar.take_pending());
        assert!(!exemplar.take_pending());
        assert!(exemplar.is_some());
        assert_eq!(exemplar.unix_milliseconds(), 1_700_000_000_123);
        assert_eq!(exemplar.seconds(), 0.25);
        assert!(!Exemplar::NONE.is_some());
        assert!(!{ Exemplar::NONE }.take_pending());
    }

    #[test]
    fn a_trace_id_has_all_its_32_digits() {
        let mut id = [0; 16];
        (id[0], id[15]) = (0x01, 0xff);
        let exemplar = Exemplar::new(id, 0.0, 0);
        assert_eq!(
            exemplar.trace_id(&mut [0; 32]),
            "010000000000000000000000000000ff"
        );
    }
}
