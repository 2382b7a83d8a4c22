//! Gives running tenants the settings that their source has for them now.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use spangraph_config::{RemoteWriteEndpoint, TenantId, TenantSettings};

use super::succession::{Led, successors};
use super::{Tenant, TenantProfile, Tenants};
use crate::supervision::Mailbox;
use crate::writer::{ChangeEndpoint, Destination, TlsClients, Writer};

/// A tenant that got new settings.
pub struct ChangedTenant {
    /// The tenant with its new settings, of which its actors are to be told.
    pub tenant: Arc<Tenant>,
    /// The writers that go on otherwise, to be told once its aggregator knows.
    pub changes: Vec<ChangedWriter>,
    /// The writers that it no longer has, to be drained once its aggregator knows.
    pub leaving: Vec<LeavingWriter>,
}

/// A writer of an endpoint whose settings changed.
pub struct ChangedWriter {
    /// The writer.
    pub writer: Mailbox<Writer>,
    /// What it is to be told.
    pub change: ChangeEndpoint,
}

/// A running writer that goes on, and what changes for it.
struct GoingOn {
    writer: Mailbox<Writer>,
    change: Option<ChangeEndpoint>,
}

/// The writers that a tenant has from now on, each with its endpoint, and what some of them are to be told.
#[derive(Default)]
struct NextWriters {
    endpoints: Vec<RemoteWriteEndpoint>,
    writers: Vec<Mailbox<Writer>>,
    changes: Vec<ChangedWriter>,
}

impl NextWriters {
    fn go_on(&mut self, GoingOn { writer, change }: GoingOn) -> Mailbox<Writer> {
        let changed = change.map(|change| ChangedWriter {
            writer: writer.clone(),
            change,
        });
        self.changes.extend(changed);
        writer
    }
}

/// A writer that no tenant has any more.
#[derive(Clone, Debug)]
pub struct LeavingWriter {
    /// Whose it was.
    pub tenant: TenantId,
    /// The writer.
    pub writer: Arc<Mailbox<Writer>>,
    /// Where it writes to.
    pub endpoint: RemoteWriteEndpoint,
    /// How long it may go on sending what it has.
    pub deadline: Duration,
}

impl Tenants {
    /// Gives every tenant its settings anew; those that have other ones now. Requests under way keep the settings
    /// that they came with, and the actors tell them apart by their generation.
    pub fn reconfigure(&self) -> Vec<ChangedTenant> {
        let ids: Vec<_> = self
            .known
            .iter()
            .map(|tenant| tenant.profile.id.clone())
            .collect();
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
        if *known.profile.settings == settings {
            return None;
        }
        let changed = self.successor(&known, settings);
        self.note_leaving(&changed.leaving);
        *known = Arc::clone(&changed.tenant);
        let endpoints = changed.tenant.writers.len();
        tracing::info!(tenant = %id, endpoints, "tenant has new settings");
        Some(changed)
    }

    pub(super) fn note_leaving(&self, writers: &[LeavingWriter]) {
        let mut leaving = self.leaving.lock().unwrap_or_else(PoisonError::into_inner);
        leaving.extend_from_slice(writers);
    }

    /// The same tenant with `settings`: the writer of an endpoint whose destination stays goes on for it, with its queue;
    /// others leave or are started.
    fn successor(&self, old: &Tenant, settings: TenantSettings) -> ChangedTenant {
        let goes_on = self.going_on(old, &settings);
        let stays = |writer: &Mailbox<Writer>| {
            let mut staying = goes_on.iter().flatten();
            staying.any(|each| each.writer.control() == writer.control())
        };
        let leaving = old.leaving_writers().filter(|each| !stays(&each.writer));
        let leaving: Vec<_> = leaving.collect();
        let before = [self.leaving(), leaving.clone()].concat();
        let next = self.next_writers(&old.profile.id, &settings, goes_on, &before);
        old.handles.budgets.resize(&settings.service_graphs);
        let extractor = self.extractor(&settings);
        let profile = TenantProfile {
            id: old.profile.id.clone(),
            generation: self.next_generation(),
            settings: Arc::new(settings),
        };
        let tenant = Arc::new(Tenant {
            profile: Arc::new(profile),
            handles: Arc::clone(&old.handles),
            extractor,
            writers: next.writers,
            endpoints: next.endpoints,
        });
        ChangedTenant {
            tenant,
            changes: next.changes,
            leaving,
        }
    }

    /// Those of `settings` that go on or can be started; one that is started waits for those `before` it.
    fn next_writers(
        &self,
        id: &TenantId,
        settings: &TenantSettings,
        goes_on: Vec<Option<GoingOn>>,
        before: &[LeavingWriter],
    ) -> NextWriters {
        let mut next = NextWriters::default();
        for (endpoint, going_on) in settings.remote_write.iter().zip(goes_on) {
            let writer = match going_on {
                Some(going_on) => Some(next.go_on(going_on)),
                None => self.start_writer(id, settings, endpoint, before),
            };
            if let Some(writer) = writer {
                next.endpoints.push(endpoint.clone());
                next.writers.push(writer);
            }
        }
        next
    }

    /// For each endpoint of `settings` the running writer that goes on for it.
    fn going_on(&self, old: &Tenant, settings: &TenantSettings) -> Vec<Option<GoingOn>> {
        let same_headers = old.profile.settings.remote_write_headers == settings.remote_write_headers;
        let running = successors(
            &led(&old.endpoints, &old.profile.settings),
            &led(&settings.remote_write, settings),
        );
        let go_on = |(endpoint, running): (&RemoteWriteEndpoint, Option<usize>)| {
            let (known, writer) = (old.endpoints.get(running?)?, old.writers.get(running?)?);
            if same_headers && known == endpoint {
                return Some(GoingOn {
                    writer: writer.clone(),
                    change: None,
                });
            }
            let blueprint = self.writer_blueprint(&old.profile.id, settings, endpoint)?;
            let renamed = (known.name != endpoint.name).then(|| self.writer_parts(&old.profile.id, endpoint));
            let meter = renamed.as_ref().map(|parts| Arc::clone(&parts.meter));
            Some(GoingOn {
                writer: meter.map_or_else(|| writer.clone(), |meter| writer.with_meter(meter)),
                change: Some(ChangeEndpoint { blueprint, renamed }),
            })
        };
        settings.remote_write.iter().zip(running).map(go_on).collect()
    }
}

fn led(endpoints: &[RemoteWriteEndpoint], settings: &TenantSettings) -> Vec<Led> {
    let led = |endpoint: &RemoteWriteEndpoint| Led {
        endpoint: endpoint.clone(),
        destination: Destination::of(
            endpoint,
            &settings.remote_write_headers,
            settings.remote_write_add_org_id_header,
        ),
    };
    endpoints.iter().map(led).collect()
}
