//! Waits for requests to arrive; those that do not arrive at once take room beside what they have sent.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use spangraph_actors::admission::Linger;
use tokio::time::timeout;

use super::answers::Rejection;

/// Senders have what they send when they begin: a request that takes longer has a slow line, or none that means it.
const AT_ONCE: Duration = Duration::from_secs(1);

/// What `arrival` gives, in at most `limit`. When it is not there at once, it goes on only if there is room for it to linger.
///
/// # Errors
/// Those of `arrival`; when it takes too long; when there is no room.
pub async fn arrive<T>(
    linger: Linger,
    limit: Duration,
    arrival: impl Future<Output = Result<T, Rejection>>,
) -> Result<T, Rejection> {
    let mut arrival = pin!(arrival);
    let at_once = AT_ONCE.min(limit);
    if let Ok(arrived) = timeout(at_once, &mut arrival).await {
        return arrived;
    }
    let _lingering = linger.begin()?;
    let arrived = timeout(limit - at_once, arrival).await;
    arrived.unwrap_or(Err(Rejection::Timeout(limit)))
}
