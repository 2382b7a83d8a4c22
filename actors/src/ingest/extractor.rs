//! Turns encoded requests of one tenant into half-edges and span metrics.

use spangraph_config::TenantSettings;
use spangraph_proto::wire::DecodeError;

use super::extracted::Extracted;
use super::plan::Plan;
use super::walk::Walk;

/// A tenant's settings, compiled to walk its requests.
#[derive(Debug)]
pub struct Extractor {
    plan: Plan,
    shards: usize,
}

impl Extractor {
    /// Compiles `settings`; half-edges are split over `shards` matcher shards, at least one.
    #[must_use]
    pub fn new(settings: &TenantSettings, shards: usize) -> Self {
        Self {
            plan: Plan::compile(settings),
            shards,
        }
    }

    /// Walks one encoded `ExportTraceServiceRequest`, once.
    ///
    /// # Errors
    /// When the request is malformed; nothing of it is given out then.
    pub fn extract(&self, request: &[u8], now_unix_nanoseconds: u64) -> Result<Extracted, DecodeError> {
        Walk::new(&self.plan, self.shards, request.len(), now_unix_nanoseconds).run(request)
    }
}

#[cfg(test)]
mod tests;
