//! What is told of all tenants.

use serde::Serialize;
use spangraph_actors::tenants::Tenant;
use spangraph_config::{Config, Limiter, TenantId, TenantSettings};
use utoipa::ToSchema;

use crate::PagesContent;

/// All tenants.
#[derive(Debug, Serialize, ToSchema)]
pub struct TenantsReport {
    /// Tenants come from `X-Scope-OrgID`; else every span belongs to `single-tenant`.
    pub multitenancy_enabled: bool,
    /// The tenants that have sent spans since the start, by id.
    pub tenants: Vec<TenantSummary>,
    /// The tenants that the override file names and that have sent no span since the start.
    pub silent: Vec<String>,
}

/// One tenant in short.
#[derive(Debug, Serialize, ToSchema)]
pub struct TenantSummary {
    /// Its id.
    pub id: String,
    /// Spans accepted since the start.
    pub spans_received: u64,
    /// Edges that wait for a half, and their limit.
    pub pending_edges: Usage,
    /// Series held, and their limit.
    pub series: Usage,
    /// Label sets held, and their limit.
    pub entities: Usage,
    /// Remote-write endpoints.
    pub endpoints: u64,
}

/// How much there is of something that may be limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Usage {
    /// What there is.
    pub used: u64,
    /// What there may be; none when there is no limit.
    pub limit: Option<u64>,
}

impl TenantsReport {
    /// All tenants of the running server.
    pub fn of(content: &PagesContent) -> Self {
        let tenants = content.pipeline.tenants();
        let config = content.config();
        let silent = named_by(&config).filter(|id| !tenants.iter().any(|tenant| tenant.profile.id == **id));
        Self {
            multitenancy_enabled: content.multitenancy_enabled,
            silent: silent.map(ToString::to_string).collect(),
            tenants: tenants.iter().map(|tenant| TenantSummary::of(tenant)).collect(),
        }
    }
}

impl TenantSummary {
    fn of(tenant: &Tenant) -> Self {
        Self {
            id: tenant.profile.id.to_string(),
            spans_received: tenant.handles.metrics.spans_received.get(),
            pending_edges: pending_edges(&tenant.profile.settings, Some(tenant)),
            series: series(&tenant.profile.settings, Some(tenant)),
            entities: entities(&tenant.profile.settings, Some(tenant)),
            endpoints: tenant.profile.settings.remote_write.len() as u64,
        }
    }
}

impl Usage {
    /// `limit` 0 means that there is none.
    #[must_use]
    pub fn new(used: u64, limit: usize) -> Self {
        Self {
            used,
            limit: (limit > 0).then_some(limit as u64),
        }
    }

    /// The share of the limit that is used, 0 to 1; none without a limit.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a bar is shown")]
    pub fn share(self) -> Option<f64> {
        self.limit.map(|limit| self.used as f64 / limit as f64)
    }
}

/// The tenants that the override file names.
pub fn named_by(config: &Config) -> impl Iterator<Item = &TenantId> {
    config.tenants().filter_map(|(id, _)| id)
}

/// Edges that wait; nothing is used by a tenant that was not started.
pub fn pending_edges(settings: &TenantSettings, tenant: Option<&Tenant>) -> Usage {
    let used = tenant.map_or(0, |tenant| tenant.handles.budgets.pending.taken());
    Usage::new(used as u64, settings.service_graphs.max_items)
}

/// Series held.
pub fn series(settings: &TenantSettings, tenant: Option<&Tenant>) -> Usage {
    let most = match settings.registry.limiter {
        Limiter::Series(most) => most,
        Limiter::Entities(_) => 0,
    };
    let used = tenant.map_or(0, |tenant| tenant.handles.metrics.active_series.get());
    Usage::new(unsigned(used), most)
}

/// Label sets held.
pub fn entities(settings: &TenantSettings, tenant: Option<&Tenant>) -> Usage {
    let most = match settings.registry.limiter {
        Limiter::Entities(most) => most,
        Limiter::Series(_) => 0,
    };
    let used = tenant.map_or(0, |tenant| tenant.handles.metrics.active_entities.get());
    Usage::new(unsigned(used), most)
}

/// A gauge of things that are counted.
pub fn unsigned(gauge: i64) -> u64 {
    u64::try_from(gauge).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_zero_is_none() {
        assert_eq!(Usage::new(5, 0), Usage { used: 5, limit: None });
        assert_eq!(Usage::new(5, 0).share(), None);
        assert_eq!(Usage::new(5, 10).share(), Some(0.5));
    }
}
