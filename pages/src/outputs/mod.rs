//! `/outputs` and `/api/v1/outputs`: who takes the series, how far behind each is, and what to do about failures.

mod endpoint;
mod fix;
mod page;
pub mod report;

use std::sync::Arc;
use std::time::SystemTime;

use actix_web::web;
use futures_util::future::join_all;
use spangraph_actors::tenants::Tenant;

use super::frame::Html;
use super::problem::{ApiError, PageError, Problem};
use super::{PagesContent, resource};
use endpoint::Endpoint;
use report::{OutputsReport, ScrapesReport};

pub use fix::likely_fix;

/// Adds the page and its JSON.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(resource("/outputs", show))
        .service(resource("/api/v1/outputs", api));
}

/// The page.
async fn show(content: web::Data<PagesContent>) -> Result<Html, PageError> {
    Ok(page::render(&*latest(&content).await?))
}

/// Every endpoint of every tenant, and how the series are scraped.
#[utoipa::path(
    get,
    path = "/api/v1/outputs",
    responses((status = 200, description = "Where the series go", body = OutputsReport))
)]
pub async fn api(content: web::Data<PagesContent>) -> Result<web::Json<OutputsReport>, ApiError> {
    Ok(web::Json(latest(&content).await?.as_ref().clone()))
}

/// The report, at most a second old; the writers are asked by message, all at the same time.
///
/// # Errors
/// Never in practice: writers that do not answer are shown as such.
pub async fn latest(content: &PagesContent) -> Result<Arc<OutputsReport>, Problem> {
    let report = content.reports.outputs.get(async || Some(ask(content).await));
    report.await.ok_or(Problem::NoAnswer("writers"))
}

async fn ask(content: &PagesContent) -> OutputsReport {
    let tenants = content.pipeline.tenants();
    let asked = tenants.iter().map(|tenant| async move {
        let writers = content.pipeline.writers(tenant).await;
        endpoints(tenant, &writers, SystemTime::now())
    });
    OutputsReport {
        endpoints: join_all(asked).await.into_iter().flatten().collect(),
        tenants: tenants.len(),
        scrapes: ScrapesReport {
            count: content.scrapes.count(),
            last_unix_milliseconds: content.scrapes.last_unix_milliseconds(),
        },
    }
}

fn endpoints(
    tenant: &Tenant,
    writers: &[spangraph_actors::writer::WriterDescription],
    now: SystemTime,
) -> Vec<report::EndpointReport> {
    let report = |settings| {
        let endpoint = Endpoint {
            tenant: &tenant.profile.id,
            tenant_settings: &tenant.profile.settings,
            settings,
            writer: writers.iter().find(|writer| writer.endpoint == settings.name),
        };
        endpoint.report(now)
    };
    tenant.profile.settings.remote_write.iter().map(report).collect()
}
