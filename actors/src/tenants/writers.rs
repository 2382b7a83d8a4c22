//! Starts the writers of a tenant's endpoints.

use std::sync::Arc;

use spangraph_config::{RemoteWriteEndpoint, TenantId, TenantSettings};

use super::succession::may_meet;
use super::{LeavingWriter, Tenants};
use crate::activity::{ActorName, Role};
use crate::durability::StateHandle;
use crate::supervision::Mailbox;
use crate::writer::{
    self, TlsClients, Writer, WriterBlueprint, WriterMetrics, WriterParameters, WriterParts,
};

impl Tenants {
    /// The writer of `endpoint`, when that can be used. It waits for those of `leaving` that may write the same series.
    pub(super) fn start_writer(
        &self,
        id: &TenantId,
        settings: &TenantSettings,
        endpoint: &RemoteWriteEndpoint,
        leaving: &[LeavingWriter],
    ) -> Option<Mailbox<Writer>> {
        let blueprint = self.writer_blueprint(id, settings, endpoint)?;
        let before = leaving
            .iter()
            .filter(|each| each.tenant == *id && may_meet(&each.endpoint, endpoint));
        let before = before.map(|each| each.writer.control().clone()).collect();
        let parts = self.writer_parts(id, endpoint);
        let meter = Arc::clone(&parts.meter);
        let address = blueprint.start_after(self.factory.writer_arbiters.next(), parts, before);
        Some(Mailbox::new(address, meter))
    }

    /// How to write to `endpoint`, when it can be used.
    pub(super) fn writer_blueprint(
        &self,
        id: &TenantId,
        settings: &TenantSettings,
        endpoint: &RemoteWriteEndpoint,
    ) -> Option<WriterBlueprint> {
        let shared = SharedByWriters {
            metrics: &self.factory.writer_metrics,
            tls_clients: &self.factory.tls_clients,
            state: self.factory.state.as_ref(),
        };
        let blueprint = WriterBlueprint::new(writer_parameters(id, settings, endpoint, shared));
        blueprint
            .inspect_err(|error| {
                tracing::error!(tenant = %id, endpoint = endpoint.name, %error, "endpoint cannot be used");
            })
            .ok()
    }

    /// What ties the writer of `endpoint` to those who watch it.
    pub(super) fn writer_parts(&self, id: &TenantId, endpoint: &RemoteWriteEndpoint) -> WriterParts {
        let factory = &self.factory;
        let name = ActorName::new(Role::Writer, format_args!("{id}/{}", endpoint.name));
        WriterParts {
            meter: factory.metrics.actors.meter(name, writer::MAILBOX),
            lifeline: factory.lifelines.attach(format!("writer {id} {}", endpoint.name)),
        }
    }
}

/// What all writers of the process share.
#[derive(Clone, Copy, Debug)]
pub struct SharedByWriters<'a> {
    /// Where they count.
    pub metrics: &'a WriterMetrics,
    /// Where they find the material of TLS settings.
    pub tls_clients: &'a TlsClients,
    /// Where their queues lie on the disk.
    pub state: Option<&'a StateHandle>,
}

/// What the writer of `tenant` to `endpoint` needs to know.
#[must_use]
pub fn writer_parameters(
    tenant: &TenantId,
    settings: &TenantSettings,
    endpoint: &RemoteWriteEndpoint,
    shared: SharedByWriters<'_>,
) -> WriterParameters {
    WriterParameters {
        tenant: tenant.clone(),
        endpoint: endpoint.clone(),
        tenant_headers: settings.remote_write_headers.clone(),
        add_org_id: settings.remote_write_add_org_id_header,
        metrics: shared.metrics.clone(),
        tls_clients: shared.tls_clients.clone(),
        state: shared.state.cloned(),
    }
}
