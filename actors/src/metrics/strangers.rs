//! Requests that an ingestion limit refused of tenants that do not run, so that nothing else counts them.

use prometheus_client::metrics::counter::Counter;
use spangraph_config::TenantId;

use super::{PipelineMetrics, ReasonLabels};
use crate::admission::Shortage;

/// Stands for all tenants that the operator did not name; no id can be this.
const OTHERS: &str = "<others>";

/// How many such requests there were, over all tenants.
#[derive(Clone, Debug, Default)]
pub(super) struct StrangerMetrics {
    limited: Counter,
}

impl PipelineMetrics {
    /// Counts a request that was refused for `shortage`, of a tenant that does not run: with its id when the operator
    /// `named` it, else with those of all others, since whoever reaches a receiver can make up ids without end.
    pub fn count_stranger_limited(&self, named: Option<&TenantId>, shortage: Shortage) {
        let labels = ReasonLabels {
            tenant: named.map_or(OTHERS, TenantId::as_str).to_owned(),
            reason: shortage.reason(),
        };
        self.requests_limited.get_or_create(&labels).inc();
        self.strangers.limited.inc();
    }

    /// How many requests of tenants that did not run were refused by an ingestion limit.
    #[must_use]
    pub fn strangers_limited(&self) -> u64 {
        self.strangers.limited.get()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;
    use spangraph_test_support::exposition::Scrape;

    use super::*;

    #[test]
    fn only_tenants_that_the_operator_named_have_series_of_their_own() {
        let (metrics, mut registry) = (PipelineMetrics::default(), Registry::default());
        metrics.register(&mut registry);
        let named = TenantId::parse("named").unwrap();
        metrics.count_stranger_limited(Some(&named), Shortage::Ever);
        metrics.count_stranger_limited(None, Shortage::Ever);
        metrics.count_stranger_limited(None, Shortage::Now(Duration::from_secs(1)));
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        let page = Scrape::parse(&text).unwrap();
        let limited = |tenant, reason| {
            let labels = [("tenant", tenant), ("reason", reason)];
            page.value("requests_limited_total", &labels)
        };
        assert_eq!(limited("named", "larger_than_burst"), Some(1.0));
        assert_eq!(limited("named", "rate_limited"), None);
        assert_eq!(limited("<others>", "larger_than_burst"), Some(1.0));
        assert_eq!(limited("<others>", "rate_limited"), Some(1.0));
        assert_eq!(metrics.strangers_limited(), 3);
        assert!(TenantId::parse(OTHERS).is_err());
        // Once it runs, it counts on.
        metrics.tenant(&named).requests_limited.larger_than_burst.inc();
        assert_eq!(metrics.tenant(&named).requests_limited.larger_than_burst.get(), 2);
    }
}
