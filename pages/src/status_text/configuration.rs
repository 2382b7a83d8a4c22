//! `/status/config` and `/status/runtime_config`: the configuration as YAML.

use actix_web::web;

use super::{PlainText, TextError};
use crate::PagesContent;
use crate::configuration::mode::ModeQuery;
use crate::configuration::{LatestReport, latest_report};

/// The main file: every key, or what differs, or the defaults.
pub async fn show(
    query: web::Query<ModeQuery>,
    content: web::Data<PagesContent>,
    latest: web::Data<LatestReport>,
) -> Result<PlainText, TextError> {
    let mode = query.mode()?;
    let report = latest_report(&content, &latest).await?;
    Ok(PlainText(report.file(mode).to_string()))
}

/// The override file, which Tempo calls the runtime configuration.
pub async fn show_tenants(
    query: web::Query<ModeQuery>,
    content: web::Data<PagesContent>,
    latest: web::Data<LatestReport>,
) -> Result<PlainText, TextError> {
    let mode = query.mode()?;
    let report = latest_report(&content, &latest).await?;
    Ok(PlainText(report.tenants.entries(mode).to_string()))
}
