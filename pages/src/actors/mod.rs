//! `/actors` and `/api/v1/actors`: what each actor does, how busy it is, and which setting to turn.

pub mod advice;
mod from_views;
mod page;
pub mod report;
mod sort;

use std::sync::Arc;

use actix_web::web;

use super::frame::Html;
use super::problem::{ApiError, PageError, Problem};
use super::{PagesContent, resource};
use report::ActorsReport;
use sort::{Sort, SortQuery};

/// Adds the page and its JSON.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(resource("/actors", show))
        .service(resource("/api/v1/actors", api));
}

/// The page.
async fn show(content: web::Data<PagesContent>, query: web::Query<SortQuery>) -> Result<Html, PageError> {
    let sort = Sort::parse(&query)?;
    Ok(page::render(&*latest(&content).await?, sort))
}

/// Every actor of the pipeline, in the order of a span's way.
#[utoipa::path(
    get,
    path = "/api/v1/actors",
    responses((status = 200, description = "What each actor did in the last minute or so", body = ActorsReport))
)]
pub async fn api(content: web::Data<PagesContent>) -> Result<web::Json<ActorsReport>, ApiError> {
    Ok(web::Json(latest(&content).await?.as_ref().clone()))
}

/// The report, at most a second old; it is read from atomics.
///
/// # Errors
/// Never in practice.
pub async fn latest(content: &PagesContent) -> Result<Arc<ActorsReport>, Problem> {
    let ask = async || {
        let (level, bounds) = content.pipeline.gate();
        Some(ActorsReport::new(&content.history.actors(), level, bounds))
    };
    content
        .reports
        .actors
        .get(ask)
        .await
        .ok_or(Problem::NoAnswer("pipeline"))
}
