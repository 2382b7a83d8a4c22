//! `/cardinality` and `/api/v1/cardinality`: what makes a tenant's series, what limits did to them, and what to do.

mod advice;
mod from_description;
mod page;
pub mod report;
mod tables;

use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, web};
use spangraph_config::TenantId;

use super::frame::Html;
use super::latest::LatestByKey;
use super::problem::{ApiError, PageError, Problem};
use super::tenant_choice::{TenantChoice, TenantQuery};
use super::{PagesContent, resource};
use report::CardinalityReport;

/// How old a report may be: while it is made, the aggregator counts no spans.
const MAX_AGE: Duration = Duration::from_secs(10);

type LatestReports = LatestByKey<TenantId, CardinalityReport>;

/// Adds the page and its JSON.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .app_data(web::Data::new(LatestReports::lasting(MAX_AGE)))
        .service(resource("/cardinality", show))
        .service(resource("/api/v1/cardinality", api));
}

async fn show(
    request: HttpRequest,
    content: web::Data<PagesContent>,
    latest: web::Data<LatestReports>,
) -> Result<Html, PageError> {
    let choice = choice(&request, &content)?;
    let report = latest_report(&choice.tenant, &content, &latest).await?;
    Ok(page::render(&report, &choice))
}

/// What makes a tenant's series, and what limits did to them; at most ten seconds old.
#[utoipa::path(
    get,
    path = "/api/v1/cardinality",
    params(("tenant" = Option<String>, Query, description = "The tenant; else that of X-Scope-OrgID, else the first")),
    responses(
        (status = 200, description = "What makes the series, at most ten seconds old", body = CardinalityReport),
        (status = 400, description = "The id is no tenant's id", body = super::problem::ErrorReport),
        (status = 404, description = "No tenant has sent spans yet", body = super::problem::ErrorReport),
    )
)]
pub async fn api(
    request: HttpRequest,
    content: web::Data<PagesContent>,
    latest: web::Data<LatestReports>,
) -> Result<web::Json<CardinalityReport>, ApiError> {
    let choice = choice(&request, &content)?;
    let report = latest_report(&choice.tenant, &content, &latest).await?;
    Ok(web::Json(report.as_ref().clone()))
}

fn choice(request: &HttpRequest, content: &PagesContent) -> Result<TenantChoice, Problem> {
    let query = web::Query::<TenantQuery>::from_query(request.query_string());
    let query = query.map_err(|error| Problem::Parameter {
        name: "tenant",
        reason: error.to_string(),
    })?;
    TenantChoice::of(request, &query, content)
}

async fn latest_report(
    tenant: &TenantId,
    content: &PagesContent,
    latest: &LatestReports,
) -> Result<Arc<CardinalityReport>, Problem> {
    let ask = async || {
        let description = content.pipeline.cardinality(tenant).await?;
        Some(CardinalityReport::of(tenant, &description))
    };
    let report = latest.get(tenant.clone(), ask).await;
    report.ok_or(Problem::NoAnswer("aggregator"))
}
