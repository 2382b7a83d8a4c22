//! Writes answers as HTTP, in the form of the request.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use spangraph_actors::admission::Refusal;
use spangraph_proto::answers::ExportAnswer;

use super::media_type::MediaType;
use crate::receivers::answers::Rejection;

/// An answer that keeps what is unread of its request's body until it is written.
///
/// When that is there at the end, actix closes the connection, after a while in which the sender can read the
/// answer. Were it dropped earlier, actix would wait for the end of a chunked body, however long that takes.
pub(super) struct AnswerBody {
    answer: BoxBody,
    _unread: Payload,
}

impl AnswerBody {
    /// `answer`, with the body of its request.
    pub fn new(answer: BoxBody, unread: Payload) -> Self {
        Self {
            answer,
            _unread: unread,
        }
    }
}

impl MessageBody for AnswerBody {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.answer.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().answer).poll_next(context)
    }
}

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
    if matches!(rejection, Rejection::Refused(Refusal::ShuttingDown)) {
        // A sender that connects anew finds who goes on.
        response.force_close();
    }
    if let Some(challenge) = rejection.challenge() {
        response.insert_header((WWW_AUTHENTICATE, challenge));
    }
    if matches!(rejection, Rejection::MethodNotAllowed(_)) {
        response.insert_header((ALLOW, "POST"));
    }
    match media_type {
        MediaType::Protobuf => response.body(rejection.status_answer().to_protobuf()),
        MediaType::Json => response.body(rejection.status_answer().to_json()),
    }
}
