//! What can be wrong with a question to the pages, told as a page or as JSON.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use maud::html;
use serde::Serialize;
use spangraph_config::TenantId;
use spangraph_serving::authentication::AuthenticationFailure;
use thiserror::Error;
use utoipa::ToSchema;

use super::frame::Frame;

/// Why a question is not answered.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Problem {
    /// A parameter has a value that makes no sense.
    #[error("parameter {name}: {reason}")]
    Parameter {
        /// The parameter.
        name: &'static str,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// There is no such tenant.
    #[error("tenant {0} has sent no span since the start, and the override file does not name it")]
    UnknownTenant(TenantId),
    /// Who asks is not let in.
    #[error("{0}")]
    Unauthenticated(AuthenticationFailure),
    /// It is asked for by a name that is not the server's.
    #[error("{0:?} is none of this server's names; when it is to be one, add it to spangraph.pages.hosts")]
    ForeignHost(String),
    /// The path takes other methods.
    #[error("this path takes GET and HEAD only")]
    Method,
    /// An actor did not answer in time.
    #[error("the {0} does not answer")]
    NoAnswer(&'static str),
}

/// A problem, to be told as a page.
#[derive(Debug, Error)]
#[error(transparent)]
pub struct PageError(#[from] pub Problem);

/// A problem, to be told as JSON.
#[derive(Debug, Error)]
#[error(transparent)]
pub struct ApiError(#[from] pub Problem);

/// The JSON of a problem.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorReport {
    /// What is wrong and what to do.
    pub error: String,
}

impl Problem {
    /// The HTTP status that tells it.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Parameter { .. } => StatusCode::BAD_REQUEST,
            Self::NotFound(_) | Self::UnknownTenant(_) => StatusCode::NOT_FOUND,
            Self::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Self::ForeignHost(_) => StatusCode::MISDIRECTED_REQUEST,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::NoAnswer(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Self::Parameter { .. } => "This question makes no sense",
            Self::NotFound(_) | Self::UnknownTenant(_) => "Not found",
            Self::Unauthenticated(_) => "Who are you?",
            Self::ForeignHost(_) => "Not this name",
            Self::Method => "Not this way",
            Self::NoAnswer(_) => "No answer",
        }
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        self.0.status()
    }

    fn error_response(&self) -> HttpResponse {
        let frame = Frame {
            title: self.0.title(),
            ..Frame::default()
        };
        let page = frame.render(&html! {
            p { (self.0) }
            @if matches!(self.0, Problem::UnknownTenant(_)) {
                p { a href="/tenants" { "See all tenants" } }
            }
            p { a href="/" { "Go to the overview" } }
        });
        HttpResponse::build(self.status_code())
            .content_type("text/html; charset=utf-8")
            .body(page.text(None))
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.0.status()
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status_code()).json(ErrorReport {
            error: self.0.to_string(),
        })
    }
}
