//! What a writer tells of itself: when it is asked, and of what it drops.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

use actix::{Handler, MessageResult};

use super::counts::Counts;
use super::messages::{Describe, WriterDescription};
use super::metrics::DropReason;
use super::relabel::DroppedBy;
use super::{Writer, unix_milliseconds};

impl Handler<Describe> for Writer {
    type Result = MessageResult<Describe>;

    fn handle(&mut self, _: Describe, _: &mut Self::Context) -> Self::Result {
        let _handling = self.meter.chore();
        let totals = self.queue.totals();
        MessageResult(WriterDescription {
            tenant: self.tenant.clone(),
            endpoint: self.endpoint.name.clone(),
            queued: self.queue.queued(),
            under_way: self.queue.under_way(),
            requests: self.queue.requests(),
            capacity: self.queue.limits().samples,
            lag: self.lag(),
            sent: totals.sent,
            failed: totals.failed,
            dropped: totals.dropped,
            retried: self.retried,
            last_sent: self.last_sent,
            last_error: self.last_error.clone(),
            paused: self.pause.left(Instant::now()),
        })
    }
}

impl Writer {
    pub(super) fn note_dropped(&mut self, counts: Counts, reason: DropReason) {
        if counts.is_empty() {
            return;
        }
        self.metrics.dropped(counts, reason);
        let (tenant, endpoint) = (&self.tenant, &self.endpoint.name);
        if let Some(dropped) = self.lines.dropped(reason).note(counts.total(), Instant::now()) {
            let reason = reason.as_str();
            tracing::warn!(%tenant, %endpoint, reason, dropped, "samples were dropped before they were sent");
        }
    }

    /// What a rule drops is no loss of what was asked for; what rules made unfit for any store is most likely a mistake.
    pub(super) fn note_relabelled(&mut self, dropped: &BTreeMap<DroppedBy, Counts>) {
        for (by, counts) in dropped {
            self.metrics.relabel_dropped(*by, *counts);
        }
        let Some(unfit) = dropped.get(&DroppedBy::AfterRelabelling) else {
            return;
        };
        let (tenant, endpoint) = (&self.tenant, &self.endpoint.name);
        if let Some(dropped) = self.lines.unfit().note(unfit.total(), Instant::now()) {
            tracing::warn!(
                %tenant, %endpoint, dropped,
                "write_relabel_configs left series without a name, or with a name or label that no store can take: they are dropped"
            );
        }
    }

    pub(super) fn lag(&self) -> Duration {
        let now = unix_milliseconds(SystemTime::now());
        let oldest = self.queue.oldest_unix_milliseconds();
        let lag = oldest.map_or(0, |oldest| now.saturating_sub(oldest));
        Duration::from_millis(u64::try_from(lag).unwrap_or(0))
    }
}
