//! Finds in an endpoint's words that it will never take a sample, whatever status it answers with.

/// What stores say of samples that come too late, too early or twice, in lower case.
///
/// Prometheus says the first six, with status 500 for the samples that are older than its `out_of_order_time_window`;
/// Cortex says those with *timestamp*; Mimir has identifiers in its texts.
const NEVER: [&str; 15] = [
    "out of order sample",
    "duplicate sample for timestamp",
    "too old sample",
    "too far in the future",
    "out of bounds",
    ": invalid sample",
    "out of order exemplar",
    "timestamp out of order",
    "timestamp too old",
    "timestamp too new",
    "err-mimir-sample-out-of-order",
    "err-mimir-sample-timestamp-too-old",
    "err-mimir-sample-duplicate-timestamp",
    "err-mimir-too-far-in-future",
    "err-mimir-too-far-in-past",
];

/// What crashing programs say, which holds one of those texts and can pass.
const CRASHES: [&str; 2] = ["index out of bounds", "slice out of bounds"];

/// Whether `body`, the start of an answer that is no success, says that a sample will never be taken.
pub(super) fn says_never(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body).to_lowercase();
    let crashes = CRASHES.iter().any(|crash| text.contains(crash));
    !crashes && NEVER.iter().any(|never| text.contains(never))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_say_never_in_many_ways() {
        for words in [
            "out of order sample\n",
            "too old sample",
            "duplicate sample for timestamp; overrides not allowed: existing 1, new value 2",
            "out of bounds",
            "append: timestamp is too far in the future",
            "label name \"a\" is not unique: invalid sample",
            "user=1: Sample Timestamp Out Of Order; last timestamp: 1",
            "timestamp too new: 17 metric: \"up\"",
            "failed pushing to ingester a: user=b: the sample has been rejected because its timestamp is too old \
             (err-mimir-sample-timestamp-too-old). The affected sample has timestamp 2026-01-01T00:00:00Z",
            "received a sample whose timestamp is too far in the future (err-mimir-too-far-in-future)",
        ] {
            assert!(says_never(words.as_bytes()), "{words}");
        }
    }

    #[test]
    fn other_words_can_pass() {
        for words in [
            "",
            "internal server error",
            "no space left on device",
            "runtime error: index out of bounds",
            "too many outstanding requests",
            "native histograms are disabled",
        ] {
            assert!(!says_never(words.as_bytes()), "{words}");
        }
    }
}
