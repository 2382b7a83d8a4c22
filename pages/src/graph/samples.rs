//! Descriptions of the tenants that somebody looks at, asked for in the background, so that there are rates at first sight.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use dashmap::DashMap;
use spangraph_actors::aggregator::GraphDescription;
use spangraph_config::TenantId;

use super::history::{History, Window};
use crate::PagesContent;
use crate::latest::Latest;

/// How often a tenant is described unasked.
const INTERVAL: Duration = Duration::from_secs(10);
/// How long one goes on taking them for a tenant that nobody looks at any more.
const INTEREST: Duration = Duration::from_secs(600);

/// The last minute of each tenant that somebody looks at.
#[derive(Debug, Default)]
pub struct GraphSamples {
    tenants: DashMap<TenantId, Viewed>,
}

#[derive(Debug)]
struct Viewed {
    last: Instant,
    samples: Arc<Samples>,
}

#[derive(Debug, Default)]
struct Samples {
    history: Mutex<History>,
    window: Latest<Window>,
}

impl GraphSamples {
    /// The window up to now. `ask` asks for a description, at most once a second, however many ask for the window; `None`
    /// when it has none.
    pub async fn window(
        &self,
        tenant: &TenantId,
        ask: impl AsyncFnOnce() -> Option<GraphDescription>,
    ) -> Option<Arc<Window>> {
        let samples = self.samples(tenant);
        let take = async || samples.take(ask().await?);
        samples.window.get(take).await
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

    fn samples(&self, tenant: &TenantId) -> Arc<Samples> {
        let viewed = self.tenants.get(tenant);
        viewed
            .map(|viewed| Arc::clone(&viewed.samples))
            .unwrap_or_default()
    }
}

impl Viewed {
    fn at(now: Instant) -> Self {
        Self {
            last: now,
            samples: Arc::default(),
        }
    }
}

impl Samples {
    fn take(&self, description: GraphDescription) -> Option<Window> {
        let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        history.record(Arc::new(description));
        history.window()
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
        let ask = async || content.pipeline.graph(&tenant).await;
        // One that does not answer is asked again the next time.
        let _ = samples.window(&tenant, ask).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(id: &str) -> TenantId {
        TenantId::parse(id).unwrap()
    }

    #[actix_rt::test]
    async fn a_view_shares_the_description_of_this_second_and_goes_on_from_those_before() {
        let (samples, id) = (GraphSamples::default(), tenant("a"));
        samples.view(&id, Instant::now());
        let taken = |milliseconds| {
            Some(GraphDescription {
                taken_unix_milliseconds: milliseconds,
                ..GraphDescription::default()
            })
        };
        let first = samples.window(&id, async || taken(1_000)).await.unwrap();
        let second = samples.window(&id, async || taken(2_000)).await.unwrap();
        assert!(Arc::ptr_eq(&first, &second));
        let next = samples.samples(&id).take(taken(5_000).unwrap()).unwrap();
        assert_eq!(next.seconds(), Some(4.0));
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
