//! Gives running tenants the settings that their source has for them now.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use spangraph_config::{RemoteWriteEndpoint, TenantId, TenantSettings};

use super::{Tenant, Tenants};
use crate::mailbox::Mailbox;
use crate::writer::{TlsClients, Writer};

/// A tenant that got new settings.
#[derive(Debug)]
pub struct ChangedTenant {
    /// The tenant with its new settings, of which its actors are to be told.
    pub tenant: Arc<Tenant>,
    /// The writers that it no longer has, to be drained once its aggregator knows.
    pub leaving: Vec<LeavingWriter>,
}

/// A writer that no tenant has any more.
#[derive(Clone, Debug)]
pub struct LeavingWriter {
    /// Whose it was.
    pub tenant: TenantId,
    /// The writer.
    pub writer: Arc<Mailbox<Writer>>,
    /// How long it may go on sending what it has.
    pub deadline: Duration,
}

impl Tenants {
    /// Gives every tenant its settings anew; those that have other ones now. Requests under way keep the settings
    /// that they came with, and the actors tell them apart by their generation.
    pub fn reconfigure(&self) -> Vec<ChangedTenant> {
        let ids: Vec<_> = self.known.iter().map(|tenant| tenant.id.clone()).collect();
        ids.iter().filter_map(|id| self.reconfigure_one(id)).collect()
    }

    /// Puts `renewed` in the place of the TLS material of endpoints that is there.
    pub fn renew_tls(&self, renewed: &TlsClients) {
        self.factory.tls_clients.replace(renewed);
    }

    /// The writers that still send what they have although no tenant has them.
    #[must_use]
    pub fn leaving(&self) -> Vec<LeavingWriter> {
        let leaving = self.leaving.lock().unwrap_or_else(PoisonError::into_inner);
        leaving.clone()
    }

    /// Those of the leaving writers that are `tenant`'s.
    #[must_use]
    pub fn leaving_of(&self, tenant: &Tenant) -> Vec<LeavingWriter> {
        let is_own = |each: &LeavingWriter| {
            let mut writers = tenant.writers.iter();
            writers.any(|writer| writer.control() == each.writer.control())
        };
        self.leaving().into_iter().filter(is_own).collect()
    }

    /// A leaving writer has sent what it had, or given it up.
    pub fn has_left(&self, left: &LeavingWriter) {
        let mut leaving = self.leaving.lock().unwrap_or_else(PoisonError::into_inner);
        leaving.retain(|each| !Arc::ptr_eq(&each.writer, &left.writer));
    }

    /// The tenant stays locked meanwhile, so that none is started with settings that are already old.
    fn reconfigure_one(&self, id: &TenantId) -> Option<ChangedTenant> {
        let mut known = self.known.get_mut(id)?;
        let settings = (self.factory.settings)(id);
        if *known.settings == settings {
            return None;
        }
        let (tenant, leaving) = self.successor(&known, settings);
        self.note_leaving(&leaving);
        *known = Arc::clone(&tenant);
        tracing::info!(tenant = %id, endpoints = tenant.writers.len(), "tenant has new settings");
        Some(ChangedTenant { tenant, leaving })
    }

    pub(super) fn note_leaving(&self, writers: &[LeavingWriter]) {
        let mut leaving = self.leaving.lock().unwrap_or_else(PoisonError::into_inner);
        leaving.extend_from_slice(writers);
    }

    /// The same tenant with `settings`: writers of endpoints that did not change go on, others leave or are started.
    fn successor(&self, old: &Tenant, settings: TenantSettings) -> (Arc<Tenant>, Vec<LeavingWriter>) {
        let same_headers = old.settings.remote_write_headers == settings.remote_write_headers
            && old.settings.remote_write_add_org_id_header == settings.remote_write_add_org_id_header;
        let wanted =
            |endpoint: &RemoteWriteEndpoint| same_headers && settings.remote_write.contains(endpoint);
        let running = old.endpoints.iter().zip(&old.writers);
        let (stay, leave): (Vec<_>, Vec<_>) = running.partition(|(endpoint, _)| wanted(endpoint));
        let is_new = |endpoint: &&RemoteWriteEndpoint| !stay.iter().any(|(known, _)| known == endpoint);
        let new: Vec<_> = settings.remote_write.iter().filter(is_new).cloned().collect();
        let started = self.start_writers(&old.id, &settings, &new);
        let (mut endpoints, mut writers): (Vec<_>, Vec<_>) = stay
            .into_iter()
            .map(|(endpoint, writer)| (endpoint.clone(), writer.clone()))
            .unzip();
        endpoints.extend(started.0);
        writers.extend(started.1);
        old.budgets.resize(&settings.service_graphs);
        let leaving = leave.into_iter().map(|(_, writer)| LeavingWriter {
            tenant: old.id.clone(),
            writer: Arc::new(writer.clone()),
            deadline: old.settings.remote_write_flush_deadline,
        });
        let leaving = leaving.collect();
        let tenant = Arc::new(Tenant {
            id: old.id.clone(),
            generation: self.next_generation(),
            settings: Arc::new(settings),
            metrics: old.metrics.clone(),
            budgets: old.budgets.clone(),
            ingestion: old.ingestion.clone(),
            aggregator: old.aggregator.clone(),
            writers,
            used: Arc::clone(&old.used),
            endpoints,
        });
        (tenant, leaving)
    }
}
