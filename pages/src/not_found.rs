//! Paths that are not there, and methods that a path does not take.

use actix_web::http::header::ALLOW;
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, web};
use spangraph_serving::open_listeners::ListenAddresses;

use super::problem::{ApiError, PageError, Problem};
use super::{PLAIN_TEXT, PagesContent};

/// 404: JSON under `/api/`, text for senders of telemetry who took the wrong port, else a page that links home.
pub async fn show(request: HttpRequest, content: web::Data<PagesContent>) -> HttpResponse {
    let path = request.path();
    if is_of_senders(path) {
        let addresses = content.listening.get().map(|listening| listening.addresses);
        return HttpResponse::NotFound()
            .content_type(PLAIN_TEXT)
            .body(to_receivers(addresses));
    }
    answer(&request, Problem::NotFound(format!("there is nothing at {path}")))
}

/// Whether OTLP is sent to `path`.
fn is_of_senders(path: &str) -> bool {
    let first = path
        .split('/')
        .find(|segment| !segment.is_empty())
        .unwrap_or_default();
    first == "v1" || first == "otlp" || first.starts_with("opentelemetry.proto.collector.")
}

/// Where the receivers are.
fn to_receivers(addresses: Option<ListenAddresses>) -> String {
    let http = addresses.and_then(|addresses| addresses.http);
    let grpc = addresses.and_then(|addresses| addresses.grpc);
    let http = http.map(|at| format!("OTLP over HTTP goes to port {}, path /v1/traces", at.port()));
    let grpc = grpc.map(|at| format!("OTLP over gRPC goes to port {}", at.port()));
    let ways: Vec<String> = http.into_iter().chain(grpc).collect();
    format!(
        "this port serves pages and takes no telemetry; {}\n",
        ways.join(", ")
    )
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
