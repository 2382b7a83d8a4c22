//! `/` and `/api/v1/overview`: is it well, how much goes through, and what needs attention first.

mod attention;
mod checklist;
mod checks;
mod page;
mod report;
mod situation;

use std::sync::Arc;

use actix_web::web;

use super::frame::Html;
use super::problem::{ApiError, PageError, Problem};
use super::{PagesContent, resource};
use super::{actors, outputs};
pub use report::OverviewReport;
use report::Server;
use situation::{Situation, TenantSituation};

/// Adds the page and its JSON.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(resource("/", show))
        .service(resource("/api/v1/overview", api));
}

/// The page.
async fn show(content: web::Data<PagesContent>) -> Result<Html, PageError> {
    Ok(page::render(&*latest(&content).await?))
}

/// How the server is, and what needs attention first.
#[utoipa::path(
    get,
    path = "/api/v1/overview",
    responses((status = 200, description = "The server at a glance", body = OverviewReport))
)]
pub async fn api(content: web::Data<PagesContent>) -> Result<web::Json<OverviewReport>, ApiError> {
    Ok(web::Json(latest(&content).await?.as_ref().clone()))
}

async fn latest(content: &PagesContent) -> Result<Arc<OverviewReport>, Problem> {
    let report = content.reports.overview.get(async || ask(content).await.ok());
    report.await.ok_or(Problem::NoAnswer("pipeline"))
}

/// Those that ran at the last reading and still do.
fn tenants(content: &PagesContent) -> Vec<TenantSituation> {
    let views = content.history.tenants();
    let running = views.iter().filter_map(|view| {
        let tenant = content.pipeline.tenant(&view.id)?;
        Some(TenantSituation::new(view, tenant.as_ref()))
    });
    running.collect()
}

async fn ask(content: &PagesContent) -> Result<OverviewReport, Problem> {
    let (actors, outputs) = (actors::latest(content).await?, outputs::latest(content).await?);
    let tenants = tenants(content);
    let loading = content.live.state();
    let epochs = content.pipeline.epochs().unwrap_or_default();
    let log = content.pipeline.span_log();
    let obstacle = content.phase_obstacle();
    let window = content.history.window(report::MINUTE);
    let uptime = content.started.elapsed();
    let listening = content.listening.get();
    let situation = Situation {
        obstacle: obstacle.as_deref(),
        open_listeners: listening.map_or(&[], |listening| listening.open.as_slice()),
        uptime,
        actors: &actors,
        outputs: &outputs,
        tenants: &tenants,
        loading: &loading,
        log_trouble: log.as_ref().and_then(|log| log.trouble.as_deref()),
        state_trouble: epochs.trouble.as_deref(),
        unclaimed: &epochs.unclaimed,
        window: &window,
    };
    Ok(OverviewReport::new(
        &Server {
            uptime,
            history: &content.history.window(report::TWO_MINUTES),
        },
        &situation,
    ))
}
