//! What is counted of those who are not let in.

use std::fmt;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::AuthenticationFailure;
use crate::listener::Listener;

/// Counters of all listeners; clones count together.
#[derive(Clone, Debug, Default)]
pub struct AuthenticationMetrics {
    failures: Family<FailureLabels, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FailureLabels {
    listener: Listener,
    reason: AuthenticationFailure,
}

impl AuthenticationMetrics {
    /// Adds all metrics to `registry`, under their whole names.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "spangraph_authentication_failures",
            "Requests that were not let in, by listener and reason",
            self.failures.clone(),
        );
    }

    /// Counts one request.
    pub fn count(&self, listener: Listener, reason: AuthenticationFailure) {
        let labels = FailureLabels { listener, reason };
        self.failures.get_or_create(&labels).inc();
    }
}

impl EncodeLabelValue for AuthenticationFailure {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        fmt::Write::write_str(encoder, self.name())
    }
}
