//! Short texts of peers: what headers and answers hold.

use std::time::{Duration, SystemTime};

use spangraph::receivers::decompression::Encoding;
use spangraph_actors::writer::retry::{Answered, LONGEST_RETRY_AFTER, Verdict, judge};
use spangraph_config::TenantId;

/// A tenant's id, the name of an encoding, and a store's `Retry-After`.
///
/// # Panics
/// When a tenant's id does not read back as it was, or a store could ask for a pause without end.
pub fn headers(input: &[u8]) {
    let _ = Encoding::parse(input);
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    if let Ok(id) = TenantId::parse(text) {
        assert_eq!(id.as_str(), text);
        assert!((1..=150).contains(&text.len()) && text.is_ascii());
    }
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    for status in [200, 400, 429, 503] {
        let answered = Answered {
            status,
            retry_after: Some(text),
            is_never: false,
        };
        if let Verdict::Pause(pause) | Verdict::Retry(Some(pause)) = judge(answered, now) {
            assert!(pause <= LONGEST_RETRY_AFTER);
        }
    }
}
