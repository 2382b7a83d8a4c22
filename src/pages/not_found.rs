//! Paths that are not there, and methods that a path does not take.

use actix_web::http::header::ALLOW;
use actix_web::{HttpRequest, HttpResponse, ResponseError as _};

use super::problem::{ApiError, PageError, Problem};

/// 404: JSON under `/api/`, else a page that links home.
pub async fn show(request: HttpRequest) -> HttpResponse {
    let path = request.path();
    answer(&request, Problem::NotFound(format!("there is nothing at {path}")))
}

/// 405: all that is here is to be read.
pub async fn other_method(request: HttpRequest) -> HttpResponse {
    let mut answer = answer(&request, Problem::Method);
    let allow = actix_web::http::header::HeaderValue::from_static("GET, HEAD");
    answer.headers_mut().insert(ALLOW, allow);
    answer
}

/// 405: reading it does nothing.
pub async fn only_post(request: HttpRequest) -> HttpResponse {
    let mut answer = answer(&request, Problem::Method);
    let allow = actix_web::http::header::HeaderValue::from_static("POST");
    answer.headers_mut().insert(ALLOW, allow);
    answer
}

/// `problem` as JSON under `/api/`, else as a page.
pub fn answer(request: &HttpRequest, problem: Problem) -> HttpResponse {
    if request.path().starts_with("/api/") {
        ApiError(problem).error_response()
    } else {
        PageError(problem).error_response()
    }
}
