//! Whose request it is: a tenant that runs, or one that starts once a request of it has turned out to be good.

use std::fmt;
use std::sync::Arc;

use spangraph_config::{TenantId, TenantSettings};

use super::charge::{exceeded, most_bytes};
use super::{Charge, Tenants};
use crate::admission::{IngestionBucket, Refusal, Shortage};
use crate::time::Stamp;

/// A request of more bytes than this has spans, so that its tenant has to find a place before it is read. Smaller ones are
/// looked into first, since one without spans starts no tenant.
const MOST_WITHOUT_SPANS: usize = 4 * 1024;

/// Whose request it is.
#[derive(Debug)]
pub enum Sender {
    /// A tenant that runs, with what the request took of the bytes that it may send.
    Running(Charge),
    /// One that does not run yet.
    New(Newcomer),
}

/// A tenant that does not run yet. Until it does, nothing is kept of it.
pub struct Newcomer {
    id: TenantId,
    settings: Arc<TenantSettings>,
    /// What its request takes of the bytes that it may send.
    bytes: usize,
    received: Stamp,
    tenants: Arc<Tenants>,
}

impl Tenants {
    /// Who announces to send `bytes` bytes, or more, as the tenant `id` at `now`.
    ///
    /// # Errors
    /// When the tenant may not send as much, or it does not run and no further one may.
    pub fn announced(self: &Arc<Self>, id: &TenantId, bytes: usize, now: Stamp) -> Result<Sender, Refusal> {
        if let Some(tenant) = self.get(id) {
            tenant.handles.note_use(now);
            return tenant.charge_on_trust(bytes, now).map(Sender::Running);
        }
        self.newcomer(id, bytes, now)
    }

    /// The same sender when all `bytes` bytes of the request are there; by the settings in force now.
    ///
    /// # Errors
    /// As [`Self::announced`].
    pub fn arrived(self: &Arc<Self>, sender: Sender, bytes: usize, now: Stamp) -> Result<Sender, Refusal> {
        let Some(tenant) = self.get(sender.id()) else {
            return match sender {
                Sender::Running(charge) => charge.resize(bytes, now).map(Sender::Running),
                Sender::New(newcomer) => self.newcomer(&newcomer.id, bytes, now),
            };
        };
        tenant.handles.note_use(now);
        match sender {
            Sender::Running(charge) if Arc::ptr_eq(charge.tenant(), &tenant) => {
                charge.resize(bytes, now).map(Sender::Running)
            }
            // It got other settings meanwhile, or started.
            other => {
                drop(other);
                tenant.charge(bytes, now).map(Sender::Running)
            }
        }
    }

    /// Who sends a request again that an earlier process has answered: it is taken whatever the bounds are now.
    ///
    /// # Errors
    /// None that a sender would see: the request takes nothing of what the tenant may send.
    pub(crate) fn replaying(&self, id: &TenantId, now: Stamp) -> Result<Sender, Refusal> {
        let tenant = self.get_or_start_past_the_bound(id);
        tenant.handles.note_use(now);
        tenant.charge(0, now).map(Sender::Running)
    }

    fn newcomer(self: &Arc<Self>, id: &TenantId, bytes: usize, now: Stamp) -> Result<Sender, Refusal> {
        if bytes > MOST_WITHOUT_SPANS {
            self.places.check()?;
        }
        let settings = Arc::new((self.factory.settings)(id));
        if let Some(limit) = settings.ingestion.limit() {
            let taken = IngestionBucket::default().take(bytes, limit, now);
            taken.map_err(|shortage| {
                self.count_stranger_limited(id, shortage);
                shortage.refusal(bytes, limit)
            })?;
        }
        Ok(Sender::New(Newcomer {
            id: id.clone(),
            settings,
            bytes,
            received: now,
            tenants: Arc::clone(self),
        }))
    }

    /// How many requests of tenants that did not run were refused by an ingestion limit.
    #[must_use]
    pub fn strangers_limited(&self) -> u64 {
        self.factory.metrics.strangers_limited()
    }

    fn count_stranger_limited(&self, id: &TenantId, shortage: Shortage) {
        let named = (self.factory.named)(id).then_some(id);
        self.factory.metrics.count_stranger_limited(named, shortage);
    }
}

impl Sender {
    /// How many bytes its request may have: more it may never send at once.
    #[must_use]
    pub fn most_bytes(&self) -> usize {
        match self {
            Self::Running(charge) => charge.most_bytes(),
            Self::New(newcomer) => most_bytes(&newcomer.settings),
        }
    }

    /// What a request with more bytes than that is refused with; it is counted.
    #[must_use]
    pub fn exceeded(self) -> Refusal {
        match self {
            Self::Running(charge) => charge.exceeded(),
            Self::New(newcomer) => {
                let tenants = &newcomer.tenants;
                tenants.count_stranger_limited(&newcomer.id, Shortage::Ever);
                exceeded(most_bytes(&newcomer.settings))
            }
        }
    }

    fn id(&self) -> &TenantId {
        match self {
            Self::Running(charge) => &charge.tenant().profile.id,
            Self::New(newcomer) => &newcomer.id,
        }
    }
}

impl Newcomer {
    /// The settings that it would start with now.
    #[must_use]
    pub fn settings(&self) -> &TenantSettings {
        &self.settings
    }

    /// Starts the tenant, unless another request did so meanwhile, and takes what its request needs of the bytes that it
    /// may send.
    ///
    /// # Errors
    /// When no further tenant may run, or other requests took what it may send.
    pub fn start(&self) -> Result<Charge, Refusal> {
        let tenant = self.tenants.get_or_start(&self.id)?;
        tenant.handles.note_use(self.received);
        tenant.charge(self.bytes, self.received)
    }
}

impl fmt::Debug for Newcomer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Newcomer")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
