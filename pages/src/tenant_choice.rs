//! Which tenant a page or an API answer is about.

use actix_web::HttpRequest;
use serde::Deserialize;
use spangraph_config::TenantId;

use super::PagesContent;
use super::problem::Problem;

/// The query parameter by which a tenant is chosen.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct TenantQuery {
    /// The tenant's id.
    pub tenant: Option<String>,
}

/// The tenant of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantChoice {
    /// The tenant.
    pub tenant: TenantId,
    /// All that can be chosen; empty without multi-tenancy, when there is no choice.
    pub others: Vec<TenantId>,
}

impl TenantChoice {
    /// The tenant of `?tenant=`, else of the header `X-Scope-OrgID`, else the first that has sent spans. Without
    /// multi-tenancy the only one, and headers name nobody.
    ///
    /// # Errors
    /// When the id is no tenant's id, or when there is no tenant yet.
    pub fn of(request: &HttpRequest, query: &TenantQuery, content: &PagesContent) -> Result<Self, Problem> {
        if !content.multitenancy_enabled {
            return Ok(Self {
                tenant: only(query.tenant.as_deref())?,
                others: Vec::new(),
            });
        }
        let others: Vec<_> = content
            .pipeline
            .tenants()
            .iter()
            .map(|tenant| tenant.profile.id.clone())
            .collect();
        let tenant = match query.tenant.clone().or_else(|| tenant_header(request)) {
            Some(id) => TenantId::parse(&id).map_err(|error| Problem::Parameter {
                name: "tenant",
                reason: error.to_string(),
            })?,
            None => others.first().cloned().ok_or_else(|| {
                Problem::NotFound("no tenant has sent spans yet; name one with ?tenant=".to_owned())
            })?,
        };
        Ok(Self { tenant, others })
    }

    /// The id for links; `None` when there is no choice.
    #[must_use]
    pub fn for_links(&self) -> Option<&str> {
        (!self.others.is_empty()).then_some(self.tenant.as_str())
    }
}

/// The only tenant that there is without multi-tenancy, when `named` is it or nobody.
///
/// # Errors
/// When another is named.
pub fn only(named: Option<&str>) -> Result<TenantId, Problem> {
    let single = TenantId::single();
    match named {
        Some(id) if id != single.as_str() => Err(Problem::NotFound(format!(
            "there is no tenant {id:?}: multitenancy_enabled is false, and all spans belong to {single}"
        ))),
        _ => Ok(single),
    }
}

/// What `X-Scope-OrgID` says, be it a tenant's id or not: one that is malformed must not count as none.
pub fn tenant_header(request: &HttpRequest) -> Option<String> {
    let header = request.headers().get("x-scope-orgid")?;
    Some(String::from_utf8_lossy(header.as_bytes()).into_owned())
}
