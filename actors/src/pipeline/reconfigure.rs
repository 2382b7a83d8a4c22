//! Brings changed settings to the actors of running tenants.

use std::sync::Arc;
use std::time::Duration;

use actix_rt::time::timeout;

use super::Pipeline;
use crate::aggregator::Reconfigure;
use crate::matcher::Matcher;
use crate::supervision::{Mailbox, deliver};
use crate::tenants::{ChangedTenant, ChangedWriter, Tenants, drain_writer};
use crate::time::Clock;
use crate::writer::TlsClients;

/// How long an actor may take to follow until nobody waits for it any more; it follows when it comes to it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Brings changed settings to running tenants; cheap to clone.
#[derive(Clone)]
pub struct Reconfigurer {
    clock: Clock,
    tenants: Arc<Tenants>,
    matchers: Arc<[Mailbox<Matcher>]>,
}

impl Pipeline {
    /// What brings changed settings to running tenants.
    #[must_use]
    pub fn reconfigurer(&self) -> Reconfigurer {
        Reconfigurer {
            clock: self.clock.clone(),
            tenants: Arc::clone(&self.tenants),
            matchers: Arc::clone(&self.matchers),
        }
    }
}

impl Reconfigurer {
    /// Gives every running tenant the settings that their source has for it now, and tells how many changed.
    ///
    /// To be called within an actix system, one call at a time.
    pub async fn apply(&self) -> usize {
        let changed = self.tenants.reconfigure();
        let count = changed.len();
        for each in changed {
            self.tell(each).await;
        }
        count
    }

    /// Puts certificates and authorities that were read anew in the place of those that are there.
    pub fn renew_tls(&self, renewed: &TlsClients) {
        self.tenants.renew_tls(renewed);
    }

    async fn tell(&self, changed: ChangedTenant) {
        let message = || Reconfigure {
            tenant: Arc::clone(&changed.tenant),
            now: self.clock.now(),
        };
        let matchers = self.matchers.iter();
        let told = matchers.map(|matcher| timeout(PATIENCE, deliver(matcher.control(), message())));
        let told = futures_util::future::join_all(told).await;
        let aggregator = changed.tenant.handles.aggregator.control();
        let followed = timeout(PATIENCE, deliver(aggregator, message())).await;
        // What ends by the new settings was collected by now, and is still relabelled by the old ones.
        let changes = changed.changes.into_iter();
        let changes = changes.map(|ChangedWriter { writer, change }| async move {
            timeout(PATIENCE, deliver(writer.control(), change)).await
        });
        let changes = futures_util::future::join_all(changes).await;
        let mut followed = told.iter().chain(&changes).chain([&followed]);
        if !followed.all(|followed| matches!(followed, Ok(Ok(())))) {
            let tenant = &changed.tenant.profile.id;
            tracing::warn!(%tenant, "an actor is slow to take new settings, it follows as soon as it can");
        }
        for leaving in changed.leaving {
            actix_rt::spawn(drain_writer(Arc::clone(&self.tenants), leaving));
        }
    }
}
