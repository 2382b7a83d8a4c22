//! The pairing doctor: how the halves of calls find each other, and what is wrong when they do not.

pub mod diagnosis;
mod page;
pub mod report;
mod sorting;

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use self::page::View;
use self::report::PairingReport;
use self::sorting::Sorting;
use super::PagesContent;
use super::frame::{Frame, Html};
use super::problem::{ApiError, ErrorReport, PageError, Problem};
use super::resource;
use super::tenant_choice::{TenantChoice, TenantQuery};

/// What the page can be asked for.
#[derive(Clone, Debug, Default, Deserialize)]
struct PairingQuery {
    tenant: Option<String>,
    sort: Option<String>,
    order: Option<String>,
    since: Option<String>,
}

/// The page and its JSON.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(resource("/pairing", show))
        .service(resource("/api/v1/pairing", api));
}

async fn show(request: HttpRequest, content: web::Data<PagesContent>) -> Result<Html, PageError> {
    let query = query(&request)?;
    let sorting = Sorting::parse(
        query.sort.as_deref(),
        query.order.as_deref(),
        query.since.as_deref(),
    )?;
    let choice = TenantChoice::of(&request, &query.tenant(), &content)?;
    let report = report(&content, &choice).await?;
    let frame = Frame {
        title: "Pairing",
        path: "/pairing",
        tenant: choice.for_links(),
        refresh_seconds: 2,
        ..Frame::default()
    };
    let view = View {
        report: &report,
        sorting,
        choice: &choice,
    };
    Ok(frame.render(&page::show(&view)))
}

/// How the halves of a tenant's calls find each other, with a diagnosis.
#[utoipa::path(
    get,
    path = "/api/v1/pairing",
    params(("tenant" = Option<String>, Query, description = "The tenant; by default the first that has sent spans")),
    responses(
        (status = 200, description = "How the halves of calls find each other", body = PairingReport),
        (status = 400, description = "The tenant's id is malformed", body = ErrorReport),
        (status = 404, description = "No tenant has sent spans", body = ErrorReport),
        (status = 503, description = "A matcher does not answer", body = ErrorReport),
    )
)]
pub async fn api(request: HttpRequest, content: web::Data<PagesContent>) -> Result<HttpResponse, ApiError> {
    let choice = TenantChoice::of(&request, &query(&request)?.tenant(), &content)?;
    let report = report(&content, &choice).await?;
    Ok(HttpResponse::Ok().json(&*report))
}

async fn report(content: &PagesContent, choice: &TenantChoice) -> Result<Arc<PairingReport>, Problem> {
    let ask = async || {
        let description = content.pipeline.pairing(&choice.tenant).await?;
        Some(PairingReport::new(&choice.tenant, &description))
    };
    let report = content.reports.pairing.get(choice.tenant.clone(), ask).await;
    report.ok_or(Problem::NoAnswer("matcher"))
}

fn query(request: &HttpRequest) -> Result<PairingQuery, Problem> {
    let query = web::Query::<PairingQuery>::from_query(request.query_string());
    query
        .map(web::Query::into_inner)
        .map_err(|error| Problem::Parameter {
            name: "query",
            reason: error.to_string(),
        })
}

impl PairingQuery {
    fn tenant(&self) -> TenantQuery {
        TenantQuery {
            tenant: self.tenant.clone(),
        }
    }
}
