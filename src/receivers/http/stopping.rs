//! How requests come to an end when the server stops: further ones are refused, and those under way have until a deadline.

use std::time::Duration;

use spangraph_actors::admission::Refusal;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::receivers::answers::Rejection;

/// How long requests may take to end once they are cut off.
const CUT: Duration = Duration::from_secs(1);

/// The signals between a receiver's handle and its requests; clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Stopping {
    /// Further requests are refused.
    refusing: CancellationToken,
    /// Those under way are, too.
    cutting: CancellationToken,
    under_way: TaskTracker,
}

impl Stopping {
    /// Has further requests refused from now on.
    pub fn refuse(&self) {
        self.refusing.cancel();
        self.under_way.close();
    }

    /// Nothing, unless further requests are refused.
    ///
    /// # Errors
    /// [`Refusal::ShuttingDown`] when they are.
    pub fn check(&self) -> Result<(), Rejection> {
        if self.refusing.is_cancelled() {
            return Err(Refusal::ShuttingDown.into());
        }
        Ok(())
    }

    /// What `request` comes to.
    ///
    /// # Errors
    /// Those of the request, and [`Refusal::ShuttingDown`] when it came too late or took too long.
    pub async fn unless_stopped<T>(
        &self,
        request: impl Future<Output = Result<T, Rejection>>,
    ) -> Result<T, Rejection> {
        // Those that are refused are not waited for, however many come.
        self.check()?;
        let _under_way = self.under_way.token();
        self.check()?;
        let outcome = self.cutting.run_until_cancelled(request).await;
        outcome.unwrap_or(Err(Refusal::ShuttingDown.into()))
    }

    /// Refuses further requests, and has those under way end within `deadline`; whether they did by themselves.
    pub async fn settle(&self, deadline: Duration) -> bool {
        self.refuse();
        let in_time = timeout(deadline, self.under_way.wait()).await.is_ok();
        self.cutting.cancel();
        in_time || {
            let _ = timeout(CUT, self.under_way.wait()).await;
            false
        }
    }
}
