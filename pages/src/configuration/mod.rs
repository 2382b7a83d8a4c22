//! `/config`: what the server runs with, what of it differs from the defaults, and the defaults.

pub mod mode;
pub mod page;
pub mod report;

use std::sync::Arc;

use actix_web::{HttpResponse, web};

use self::mode::ModeQuery;
use self::report::ConfigurationReport;
use super::frame::Html;
use super::latest::Latest;
use super::problem::{ApiError, PageError, Problem};
use super::{PagesContent, resource};

/// The last report, shared by all that ask for it.
pub type LatestReport = Latest<ConfigurationReport>;

/// Adds the page and its JSON.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .app_data(web::Data::new(LatestReport::default()))
        .service(resource("/config", show))
        .service(resource("/api/v1/config", report));
}

async fn show(
    query: web::Query<ModeQuery>,
    content: web::Data<PagesContent>,
    latest: web::Data<LatestReport>,
) -> Result<Html, PageError> {
    let mode = query.mode()?;
    let report = latest_report(&content, &latest).await?;
    Ok(page::render(&report, mode))
}

/// What the server runs with. Passwords, tokens, values of headers and of parameters in URLs are `<secret>`.
#[utoipa::path(
    get,
    path = "/api/v1/config",
    responses((status = 200, description = "The configuration", body = ConfigurationReport))
)]
pub async fn report(
    content: web::Data<PagesContent>,
    latest: web::Data<LatestReport>,
) -> Result<HttpResponse, ApiError> {
    let report = latest_report(&content, &latest).await?;
    Ok(HttpResponse::Ok().json(&*report))
}

/// The report, at most a second old.
///
/// # Errors
/// When there is none.
pub async fn latest_report(
    content: &PagesContent,
    latest: &LatestReport,
) -> Result<Arc<ConfigurationReport>, Problem> {
    let report = latest.get(async || Some(ConfigurationReport::of(&content.config(), content.live.state())));
    report.await.ok_or(Problem::NoAnswer("configuration"))
}
