//! `/metrics`: the server's own metrics in OpenMetrics text.

use actix_web::{HttpResponse, web};
use prometheus_client::encoding::text::encode;

use super::PagesContent;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All own metrics.
pub async fn show(content: web::Data<PagesContent>) -> HttpResponse {
    let mut text = String::new();
    match encode(&mut text, &content.metrics) {
        Ok(()) => HttpResponse::Ok().content_type(OPEN_METRICS).body(text),
        Err(error) => {
            HttpResponse::InternalServerError().body(format!("metrics cannot be written: {error}\n"))
        }
    }
}
