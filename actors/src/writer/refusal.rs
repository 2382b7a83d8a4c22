//! The end of requests that the endpoint does not take: counted, told to the operator, and forgotten.

use std::time::{Instant, SystemTime};

use super::Writer;
use super::counts::Counts;
use super::lanes::Ending;
use super::messages::LastError;
use super::refusal_log::hint;
use super::request::{Group, Request};

/// What an operator can do when an endpoint fails at native histograms.
const HISTOGRAMS_HINT: &str = "set send_native_histograms: false at the endpoint, or start prometheus with \
                               --enable-feature=native-histograms";

impl Writer {
    /// Ends a request that the endpoint answered with `status` and will not take.
    pub(super) fn refused(&mut self, request: Request, status: u16, message: &str) {
        let hint = match (request.group(), status) {
            (Group::NativeHistograms, 500..) => HISTOGRAMS_HINT,
            _ => hint(status),
        };
        let reason = format!("http_{status}");
        if hint.is_empty() {
            self.lost(request, &reason, message);
        } else {
            self.lost(request, &reason, &format!("{message} ({hint})"));
        }
    }

    /// Ends a request whose content is lost for `reason`. Seeds never come here: see `seed_delivery`.
    pub(super) fn lost(&mut self, request: Request, reason: &str, message: &str) {
        let counts = request.counts();
        self.metrics.failed(counts, reason);
        self.log_loss(request.group(), counts, message);
        self.remember(message);
        self.queue.finish(request, Ending::Failed);
    }

    fn log_loss(&mut self, group: Group, counts: Counts, message: &str) {
        let (tenant, endpoint) = (&self.tenant, &self.endpoint.name);
        let line = self.lines.refused(group).note(counts.total(), Instant::now());
        match (line, group) {
            (None, _) => {}
            (Some(dropped), Group::NativeHistograms) => {
                tracing::error!(%tenant, %endpoint, message, dropped, "native histograms were refused and dropped");
            }
            (Some(dropped), _) => {
                tracing::error!(%tenant, %endpoint, message, dropped, "remote write was refused and samples dropped");
            }
        }
    }

    /// Keeps `message` as the last failure, to be shown.
    pub(super) fn remember(&mut self, message: &str) {
        self.last_error = Some(LastError {
            at: SystemTime::now(),
            message: message.to_owned(),
        });
    }
}
