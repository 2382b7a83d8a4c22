//! Writes answers as HTTP, in the form of the request.

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use actix_web::{HttpResponse, HttpResponseBuilder};
use spangraph_proto::answers::ExportAnswer;

use super::media_type::MediaType;
use crate::receivers::answers::Rejection;

/// 200 with an `ExportTraceServiceResponse`.
pub(super) fn success(answer: &ExportAnswer, media_type: MediaType) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, media_type.name()));
    match media_type {
        MediaType::Protobuf => response.body(answer.to_protobuf()),
        MediaType::Json => response.body(answer.to_json()),
    }
}

/// The status of `rejection` with a `google.rpc.Status`.
pub(super) fn failure(rejection: &Rejection, media_type: MediaType) -> HttpResponse {
    let status = StatusCode::from_u16(rejection.http_status().as_u16());
    let mut response = HttpResponseBuilder::new(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    response.insert_header((CONTENT_TYPE, media_type.name()));
    if let Some(seconds) = rejection.retry_after_seconds() {
        response.insert_header((RETRY_AFTER, seconds.to_string()));
    }
    if matches!(rejection, Rejection::MethodNotAllowed(_)) {
        response.insert_header((ALLOW, "POST"));
    }
    match media_type {
        MediaType::Protobuf => response.body(rejection.status_answer().to_protobuf()),
        MediaType::Json => response.body(rejection.status_answer().to_json()),
    }
}
