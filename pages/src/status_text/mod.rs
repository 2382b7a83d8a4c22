//! `/status/…`: what goes on inside, in plain text for a person with curl, under the paths that Tempo has.

mod configuration;
mod endpoints;
mod overview;
mod services;

use std::fmt::Write as _;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, Responder, ResponseError, web};
use thiserror::Error;

use super::latest::Latest;
use super::problem::Problem;
use super::{PLAIN_TEXT, PagesContent, resource};

/// Plain text, ready to be sent.
#[derive(Debug, PartialEq, Eq)]
pub struct PlainText(pub String);

/// A problem, to be told as plain text.
#[derive(Debug, Error)]
#[error(transparent)]
pub struct TextError(#[from] pub Problem);

type LatestText = Latest<String>;

/// Adds the texts.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .app_data(web::Data::new(LatestText::default()))
        .service(resource("/status", show))
        .service(resource("/status/version", version))
        .service(resource("/status/services", services::show))
        .service(resource("/status/endpoints", endpoints::show))
        .service(resource("/status/config", configuration::show))
        .service(resource("/status/runtime_config", configuration::show_tenants));
}

async fn show(
    content: web::Data<PagesContent>,
    latest: web::Data<LatestText>,
) -> Result<PlainText, TextError> {
    let text = latest.get(async || Some(everything(&content).await)).await;
    let text = text.ok_or(Problem::NoAnswer("server"))?;
    Ok(PlainText(String::clone(&text)))
}

async fn everything(content: &PagesContent) -> String {
    let mut text = overview::text(content).await;
    let _ = writeln!(text, "\nservices\n{}", services::text(content));
    let _ = write!(text, "endpoints\n{}", endpoints::text(content));
    text
}

async fn version(content: web::Data<PagesContent>) -> PlainText {
    PlainText(format!("spangraph {}\n", content.build))
}

impl Responder for PlainText {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok().content_type(PLAIN_TEXT).body(self.0)
    }
}

impl ResponseError for TextError {
    fn status_code(&self) -> StatusCode {
        self.0.status()
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status_code())
            .content_type(PLAIN_TEXT)
            .body(format!("{self}\n"))
    }
}
