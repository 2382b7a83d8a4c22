//! `/tenants`: who sends, how much, and what each may.

mod activity;
mod list;
mod list_page;
mod page;
pub mod report;

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use spangraph_config::TenantId;

use self::list::TenantsReport;
use self::report::TenantReport;
use super::frame::Html;
use super::latest::{Latest, LatestByKey};
use super::problem::{ApiError, PageError, Problem};
use super::{PagesContent, resource};

type LatestList = Latest<TenantsReport>;
type LatestReports = LatestByKey<TenantId, TenantReport>;

/// Adds the pages and their JSON.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .app_data(web::Data::new(LatestList::default()))
        .app_data(web::Data::new(LatestReports::default()))
        .service(resource("/tenants", show_all))
        .service(resource("/tenants/{id}", show))
        .service(resource("/api/v1/tenants", report_all))
        .service(resource("/api/v1/tenants/{id}", report));
}

async fn show_all(
    content: web::Data<PagesContent>,
    latest: web::Data<LatestList>,
) -> Result<Html, PageError> {
    let list = latest_list(&content, &latest).await?;
    Ok(list_page::render(&list))
}

/// The tenants that have sent spans, and those that only the override file names.
#[utoipa::path(
    get,
    path = "/api/v1/tenants",
    responses((status = 200, description = "All tenants", body = TenantsReport))
)]
pub async fn report_all(
    content: web::Data<PagesContent>,
    latest: web::Data<LatestList>,
) -> Result<HttpResponse, ApiError> {
    let list = latest_list(&content, &latest).await?;
    Ok(HttpResponse::Ok().json(&*list))
}

async fn show(
    id: web::Path<String>,
    content: web::Data<PagesContent>,
    latest: web::Data<LatestReports>,
) -> Result<Html, PageError> {
    let report = latest_report(&id, &content, &latest).await?;
    Ok(page::render(&report, content.multitenancy_enabled))
}

/// Everything that is known of one tenant.
#[utoipa::path(
    get,
    path = "/api/v1/tenants/{id}",
    params(("id" = String, Path, description = "The tenant's id")),
    responses(
        (status = 200, description = "The tenant", body = TenantReport),
        (status = 400, description = "The id is no tenant's id", body = super::problem::ErrorReport),
        (status = 404, description = "No such tenant", body = super::problem::ErrorReport),
    )
)]
pub async fn report(
    id: web::Path<String>,
    content: web::Data<PagesContent>,
    latest: web::Data<LatestReports>,
) -> Result<HttpResponse, ApiError> {
    let report = latest_report(&id, &content, &latest).await?;
    Ok(HttpResponse::Ok().json(&*report))
}

async fn latest_list(content: &PagesContent, latest: &LatestList) -> Result<Arc<TenantsReport>, Problem> {
    let list = latest.get(async || Some(TenantsReport::of(content)));
    list.await.ok_or(Problem::NoAnswer("list of tenants"))
}

async fn latest_report(
    id: &str,
    content: &PagesContent,
    latest: &LatestReports,
) -> Result<Arc<TenantReport>, Problem> {
    let id = TenantId::parse(id).map_err(|error| Problem::Parameter {
        name: "id",
        reason: error.to_string(),
    })?;
    let report = latest.get(id.clone(), async || TenantReport::of(&id, content).await);
    report.await.ok_or(Problem::UnknownTenant(id.clone()))
}
