//! Descriptions of the tenants that somebody looks at, asked for in the background, so that there are rates at first sight.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use dashmap::DashMap;
use spangraph_actors::graph_history::Window;
use spangraph_config::TenantId;

use crate::PagesContent;
use crate::latest::Latest;

/// How often a tenant is described unasked.
const INTERVAL: Duration = Duration::from_secs(10);
/// How long one goes on taking them for a tenant that nobody looks at any more.
const INTEREST: Duration = Duration::from_secs(600);

/// The last window of each tenant that somebody looks at.
#[derive(Debug, Default)]
pub struct GraphSamples {
    tenants: DashMap<TenantId, Viewed>,
}

#[derive(Debug)]
struct Viewed {
    last: Instant,
    window: Arc<Latest<Window>>,
}

impl GraphSamples {
    /// The window up to now, for which `ask` is asked at most once a second, however many want it; `None` when it has none.
    pub async fn window(
        &self,
        tenant: &TenantId,
        ask: impl AsyncFnOnce() -> Option<Window>,
    ) -> Option<Arc<Window>> {
        let viewed = self.tenants.get(tenant);
        let window = viewed
            .map(|viewed| Arc::clone(&viewed.window))
            .unwrap_or_default();
        window.get(ask).await
    }

    /// Notes that somebody looks at `tenant`.
    pub fn view(&self, tenant: &TenantId, now: Instant) {
        self.tenants
            .entry(tenant.clone())
            .and_modify(|viewed| viewed.last = now)
            .or_insert_with(|| Viewed::at(now));
    }

    /// The tenants that somebody looked at lately; others are forgotten.
    #[must_use]
    pub fn due(&self, now: Instant) -> Vec<TenantId> {
        self.tenants
            .retain(|_, viewed| now.saturating_duration_since(viewed.last) <= INTEREST);
        self.tenants.iter().map(|viewed| viewed.key().clone()).collect()
    }
}

impl Viewed {
    fn at(now: Instant) -> Self {
        Self {
            last: now,
            window: Arc::default(),
        }
    }
}

/// Asks for descriptions for as long as there are pages. The only tenant is always looked at.
pub async fn keep_sampling(content: Weak<PagesContent>) {
    while let Some(content) = content.upgrade() {
        sample(&content).await;
        drop(content);
        actix_rt::time::sleep(INTERVAL).await;
    }
}

async fn sample(content: &PagesContent) {
    let samples = &content.graph.samples;
    if !content.multitenancy_enabled {
        samples.view(&TenantId::single(), Instant::now());
    }
    for tenant in samples.due(Instant::now()) {
        let ask = async || content.pipeline.graph_window(&tenant).await;
        // One that does not answer is asked again the next time.
        let _ = samples.window(&tenant, ask).await;
    }
    content.pipeline.forget_old_graphs();
}

#[cfg(test)]
mod tests {
    use spangraph_actors::aggregator::GraphDescription;

    use super::*;

    fn tenant(id: &str) -> TenantId {
        TenantId::parse(id).unwrap()
    }

    #[actix_rt::test]
    async fn a_view_shares_the_window_of_this_second() {
        let (samples, id) = (GraphSamples::default(), tenant("a"));
        samples.view(&id, Instant::now());
        let taken = |milliseconds| {
            let latest = GraphDescription {
                taken_unix_milliseconds: milliseconds,
                ..GraphDescription::default()
            };
            Some(Window {
                earlier: None,
                latest: Arc::new(latest),
            })
        };
        let first = samples.window(&id, async || taken(1_000)).await.unwrap();
        let second = samples.window(&id, async || taken(2_000)).await.unwrap();
        assert!(Arc::ptr_eq(&first, &second));
    }

    #[test]
    fn tenants_that_nobody_looks_at_are_forgotten() {
        let (samples, start) = (GraphSamples::default(), Instant::now());
        samples.view(&tenant("a"), start);
        samples.view(&tenant("b"), start + Duration::from_secs(300));
        assert_eq!(samples.due(start + Duration::from_secs(601)), [tenant("b")]);
        assert_eq!(samples.due(start + Duration::from_secs(1_000)), []);
    }
}
