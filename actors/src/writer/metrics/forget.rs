//! Removes what is known of endpoints of tenants that are gone.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use spangraph_config::TenantId;

use super::{CodeLabels, DropReason, EndpointLabels, ReasonLabels, RuleLabels, WriterMetrics};

/// The reasons and codes that were ever counted, as they are not known beforehand; clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    reasons: Arc<Mutex<HashSet<ReasonLabels>>>,
    codes: Arc<Mutex<HashSet<CodeLabels>>>,
    rules: Arc<Mutex<HashSet<RuleLabels>>>,
}

impl Seen {
    pub(super) fn note_reason(&self, labels: &ReasonLabels) {
        let mut reasons = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        if !reasons.contains(labels) {
            reasons.insert(labels.clone());
        }
    }

    pub(super) fn note_rule(&self, labels: &RuleLabels) {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        if !rules.contains(labels) {
            rules.insert(labels.clone());
        }
    }

    pub(super) fn note_code(&self, labels: &CodeLabels) {
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        if !codes.contains(labels) {
            codes.insert(labels.clone());
        }
    }
}

impl WriterMetrics {
    /// How much waits or is under way to an endpoint.
    #[must_use]
    pub fn queued(&self, tenant: &TenantId, endpoint: &str) -> i64 {
        let labels = labels_of(tenant, endpoint);
        let samples = self.queue_samples.get(&labels).map_or(0, |gauge| gauge.get());
        samples + self.queue_histograms.get(&labels).map_or(0, |gauge| gauge.get())
    }

    /// Removes the metrics of an endpoint of a tenant that is gone.
    pub fn forget(&self, tenant: &TenantId, endpoint: &str) {
        let labels = labels_of(tenant, endpoint);
        self.forget_plain(&labels);
        for reason in DropReason::ALL {
            self.forget_reason(&ReasonLabels {
                tenant: labels.tenant.clone(),
                endpoint: labels.endpoint.clone(),
                reason: reason.as_str().to_owned(),
            });
        }
        let is_gone = |tenant: &str, endpoint: &str| tenant == labels.tenant && endpoint == labels.endpoint;
        let mut reasons = self.seen.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        for gone in reasons.extract_if(|each| is_gone(&each.tenant, &each.endpoint)) {
            self.forget_reason(&gone);
        }
        let mut codes = self.seen.codes.lock().unwrap_or_else(PoisonError::into_inner);
        for gone in codes.extract_if(|each| is_gone(&each.tenant, &each.endpoint)) {
            self.requests.remove(&gone);
        }
        let mut rules = self.seen.rules.lock().unwrap_or_else(PoisonError::into_inner);
        for gone in rules.extract_if(|each| is_gone(&each.tenant, &each.endpoint)) {
            self.relabel_dropped.remove(&gone);
        }
    }

    fn forget_plain(&self, labels: &EndpointLabels) {
        let counters = [
            &self.samples_sent,
            &self.exemplars_sent,
            &self.seeds_sent,
            &self.histograms_sent,
            &self.histograms_skipped,
            &self.histograms_retried,
            &self.seeds_refused,
            &self.seeds_repeated,
            &self.samples_retried,
            &self.bytes_sent,
            &self.pauses,
            &self.requests_cut,
        ];
        for counter in counters {
            counter.remove(labels);
        }
        for gauge in [&self.queue_samples, &self.queue_histograms, &self.queue_capacity] {
            gauge.remove(labels);
        }
        self.queue_lag.remove(labels);
        self.paused_seconds.remove(labels);
        self.send_seconds.remove(labels);
    }

    fn forget_reason(&self, labels: &ReasonLabels) {
        let counters = [
            &self.samples_failed,
            &self.exemplars_failed,
            &self.histograms_failed,
            &self.samples_dropped,
            &self.exemplars_dropped,
            &self.seeds_dropped,
            &self.histograms_dropped,
        ];
        for counter in counters {
            counter.remove(labels);
        }
    }
}

fn labels_of(tenant: &TenantId, endpoint: &str) -> EndpointLabels {
    EndpointLabels {
        tenant: tenant.to_string(),
        endpoint: endpoint.to_owned(),
    }
}
