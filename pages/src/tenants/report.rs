//! What is told of one tenant.

use serde::Serialize;
use spangraph_actors::tenants::Tenant;
use spangraph_actors::writer::{Counts, WriterDescription};
use spangraph_config::{PrintMode, Printout, TenantId, TenantSettings};
use utoipa::ToSchema;

use super::activity::TenantActivity;
use super::list::{self, Usage};
use crate::PagesContent;

/// Everything that is known of one tenant; secrets are `<secret>`.
#[derive(Debug, Serialize, ToSchema)]
pub struct TenantReport {
    /// Its id.
    pub id: String,
    /// What it has sent; none when it has sent no span since the start.
    pub activity: Option<TenantActivity>,
    /// Its limits, with how much of them is used.
    pub limits: TenantLimits,
    /// How its writers are doing; those that do not answer are left out.
    pub writers: Vec<TenantWriter>,
    /// Its remote-write endpoints.
    pub endpoints: Vec<TenantEndpoint>,
    /// What it has instead of what the main file gives to all tenants.
    #[schema(value_type = Object)]
    pub overrides: Printout,
    /// Every setting that a tenant may have of its own, with the value in force.
    #[schema(value_type = Object)]
    pub settings: Printout,
}

/// What a tenant may have at most.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TenantLimits {
    /// Bytes a second: `ingestion.rate_limit_bytes`; none when there is no limit.
    pub bytes_per_second: Option<u64>,
    /// Bytes at once: `ingestion.burst_size_bytes`, or as many as come in a second.
    pub burst_bytes: Option<u64>,
    /// Edges that wait for a half: `service_graphs.max_items`.
    pub pending_edges: Usage,
    /// Series: `max_active_series`.
    pub series: Usage,
    /// Label sets: `max_active_entities`.
    pub entities: Usage,
    /// Distinct values of one label: `max_cardinality_per_label`; none when there is no limit.
    pub values_per_label: Option<u64>,
}

/// A remote-write endpoint of a tenant.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TenantEndpoint {
    /// Its name.
    pub name: String,
    /// Where it is; values of parameters are `<secret>`.
    pub url: String,
}

/// How the writer of a tenant to one endpoint is doing.
#[derive(Debug, Serialize, ToSchema)]
pub struct TenantWriter {
    /// The endpoint's name.
    pub endpoint: String,
    /// Samples that wait.
    pub queued: Usage,
    /// Requests under way.
    pub requests: u64,
    /// The age of the oldest sample that was not sent yet.
    pub lag_seconds: f64,
    /// Samples and histograms taken by the endpoint.
    pub sent: u64,
    /// Samples and histograms refused by the endpoint for good.
    pub failed: u64,
    /// Samples and histograms dropped before they were sent.
    pub dropped: u64,
    /// Samples that were to be sent again, each time.
    pub retried: u64,
    /// The last failure, which may be long over.
    pub last_error: Option<String>,
}

impl TenantReport {
    /// What is known of the tenant `id`; none when nobody has heard of it.
    pub async fn of(id: &TenantId, content: &PagesContent) -> Option<Self> {
        let tenant = content
            .pipeline
            .tenants()
            .into_iter()
            .find(|tenant| tenant.profile.id == *id);
        if tenant.is_none() && !is_expected(id, content) {
            return None;
        }
        let writers = match &tenant {
            Some(tenant) => content.pipeline.writers(tenant).await,
            None => Vec::new(),
        };
        let config = content.config();
        let settings = config.tenant(id);
        Some(Self {
            id: id.to_string(),
            activity: tenant
                .as_ref()
                .map(|tenant| TenantActivity::of(&tenant.handles.metrics)),
            limits: TenantLimits::of(&settings, tenant.as_deref()),
            writers: writers.iter().map(TenantWriter::of).collect(),
            endpoints: endpoints(&settings),
            overrides: config.print_tenant(id, PrintMode::Diff),
            settings: config.print_tenant(id, PrintMode::Effective),
        })
    }
}

/// Whether a tenant that sent nothing is one all the same.
fn is_expected(id: &TenantId, content: &PagesContent) -> bool {
    let is_the_only_one = !content.multitenancy_enabled && *id == TenantId::single();
    is_the_only_one || list::named_by(&content.config()).any(|named| named == id)
}

impl TenantLimits {
    fn of(settings: &TenantSettings, tenant: Option<&Tenant>) -> Self {
        let most = settings.registry.max_cardinality_per_label;
        let ingestion = settings.ingestion.limit();
        Self {
            bytes_per_second: ingestion.map(|limit| limit.bytes_per_second),
            burst_bytes: ingestion.map(|limit| limit.burst_bytes),
            pending_edges: list::pending_edges(settings, tenant),
            series: list::series(settings, tenant),
            entities: list::entities(settings, tenant),
            values_per_label: Usage::new(0, most).limit,
        }
    }
}

impl TenantWriter {
    fn of(writer: &WriterDescription) -> Self {
        Self {
            endpoint: writer.endpoint.clone(),
            queued: Usage {
                used: writer.queued.samples,
                limit: Some(writer.capacity),
            },
            requests: writer.requests as u64,
            lag_seconds: writer.lag.as_secs_f64(),
            sent: values(writer.sent),
            failed: values(writer.failed),
            dropped: values(writer.dropped),
            retried: writer.retried,
            last_error: writer.last_error.as_ref().map(|error| error.message.clone()),
        }
    }
}

fn values(counts: Counts) -> u64 {
    counts.samples.saturating_add(counts.histograms)
}

fn endpoints(settings: &TenantSettings) -> Vec<TenantEndpoint> {
    let endpoints = settings.remote_write.iter();
    endpoints
        .map(|endpoint| TenantEndpoint {
            name: endpoint.name.clone(),
            url: endpoint.url.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use spangraph_config::{IngestionSettings, Limiter, RegistrySettings};

    use super::*;

    #[test]
    fn the_limit_is_that_of_what_is_limited() {
        let limits = |limiter| {
            let registry = RegistrySettings {
                limiter,
                max_cardinality_per_label: 9,
                ..RegistrySettings::default()
            };
            let settings = TenantSettings {
                registry,
                ..TenantSettings::default()
            };
            TenantLimits::of(&settings, None)
        };
        let (series, entities) = (limits(Limiter::Series(5)), limits(Limiter::Entities(6)));
        assert_eq!((series.series.limit, series.entities.limit), (Some(5), None));
        assert_eq!((entities.series.limit, entities.entities.limit), (None, Some(6)));
        assert_eq!(limits(Limiter::Series(0)).series.limit, None);
        assert_eq!(series.pending_edges.limit, Some(10_000));
        assert_eq!(series.values_per_label, Some(9));
        assert_eq!(series.bytes_per_second, None);
    }

    #[test]
    fn a_tenant_with_a_rate_has_a_burst() {
        let settings = TenantSettings {
            ingestion: IngestionSettings {
                rate_limit_bytes: 7,
                burst_size_bytes: 0,
            },
            ..TenantSettings::default()
        };
        let limits = TenantLimits::of(&settings, None);
        assert_eq!((limits.bytes_per_second, limits.burst_bytes), (Some(7), Some(7)));
    }
}
