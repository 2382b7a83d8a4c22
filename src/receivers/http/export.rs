//! Answers one HTTP request, to `/v1/traces` or astray.

use std::time::{Duration, Instant};

use actix_web::dev::{Payload, RequestHead};
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap, HeaderValue};
use actix_web::{Either, HttpRequest, HttpResponse, web};
use futures_util::StreamExt;
use spangraph_actors::admission::{Accepted, Refusal, TraceSink};
use spangraph_config::HttpReceiverSettings;
use spangraph_proto::otlp_json::{self, Transcoded};
use spangraph_serving::listener::Listener;
use spangraph_serving::receiver_metrics::{AnswerCode, Transport};

use super::media_type::MediaType;
use super::paths;
use super::reply::{self, AnswerBody};
use super::stopping::Stopping;
use crate::receivers::answers::{Rejection, export_answer};
use crate::receivers::arrival::arrive;
use crate::receivers::body_buffer::{AdmittedBody, BodyBuffer};
use crate::receivers::decompression::{Encoding, MAX_INLINE_BYTES, on_blocking_thread};
use crate::receivers::intake::{Intake, NO_METRICS_HEADER, Origin, Unpacked};
use crate::receivers::packing::Packing;

/// What every request needs.
pub(super) struct TracesEndpoint<S> {
    intake: Intake<S>,
    max_body_bytes: usize,
    body_timeout: Duration,
    stopping: Stopping,
}

/// What the head of a request says.
struct Head {
    origin: Origin,
    packing: Packing,
    /// How many bytes its body is to have; 0 when it does not say.
    announced: usize,
}

impl<S: TraceSink> TracesEndpoint<S> {
    /// Hands bodies within `settings` to `intake`; refuses all once `stopping`.
    pub fn new(settings: &HttpReceiverSettings, intake: Intake<S>, stopping: Stopping) -> Self {
        let (max_body_bytes, body_timeout) = (settings.max_body_bytes, settings.body_timeout);
        Self {
            intake,
            max_body_bytes,
            body_timeout,
            stopping,
        }
    }

    /// Writes `outcome` and counts it.
    fn answer(
        &self,
        headers: &HeaderMap,
        outcome: Result<Accepted, Rejection>,
        began: Instant,
    ) -> HttpResponse {
        // Who asks by hand, without a content type, can read JSON best.
        let media_type = MediaType::of(headers).unwrap_or(MediaType::Json);
        let metrics = self.intake.metrics();
        let response = match outcome {
            Ok(accepted) => reply::success(&export_answer(accepted), media_type),
            Err(rejection) => {
                if let Some(reason) = rejection.reason() {
                    metrics.count_refused(Transport::Http, reason);
                }
                reply::failure(&rejection, media_type)
            }
        };
        metrics.count_answer(
            Transport::Http,
            AnswerCode::Http(response.status().as_u16()),
            began,
        );
        response
    }

    /// The answer to a request of which only the head is there, when that is refused whatever comes.
    pub fn refuse_unread(&self, request: &RequestHead) -> Option<HttpResponse> {
        if request.method != Method::POST || !paths::means_traces(request.uri.path()) {
            return None;
        }
        let (headers, began) = (request.headers(), Instant::now());
        let head = self.read_head(headers);
        let refused = head.and_then(|head| self.charge(&head)).err()?;
        Some(self.answer(headers, Err(refused), began))
    }

    async fn take(&self, request: &HttpRequest, payload: &mut Payload) -> Result<Accepted, Rejection> {
        let head = self.read_head(request.headers())?;
        let charge = self.charge(&head)?;
        let most = self.intake.most_arriving(head.packing, &charge);
        let body = match self.body(payload, head.announced, most).await {
            Err(Rejection::TooLarge { .. }) if most < self.max_body_bytes => {
                return Err(self.intake.exceeded(charge));
            }
            body => body?,
        };
        let Head { origin, packing, .. } = head;
        let as_received = self.intake.keep(&body, packing);
        let unpacked = self.intake.unpack(body, packing, self.max_body_bytes, charge);
        let (body, charge) = unpacked.await?;
        if !packing.is_json {
            let unpacked = Unpacked { body, as_received };
            return self
                .intake
                .export(Transport::Http, origin, unpacked, charge)
                .await;
        }
        let (transcoded, body) = protobuf_of(body).await?;
        let unpacked = Unpacked { body, as_received };
        let accepted = self.intake.export(Transport::Http, origin, unpacked, charge);
        let accepted = accepted.await?;
        self.intake
            .metrics()
            .count_json(transcoded.refused_spans, transcoded.values_passed_over);
        Ok(with_refused(accepted, transcoded))
    }

    fn read_head(&self, headers: &HeaderMap) -> Result<Head, Rejection> {
        self.stopping.check()?;
        let origin = self.origin(headers)?;
        let is_json = MediaType::of(headers)? == MediaType::Json;
        let encoding = encoding(headers)?;
        let announced = content_length(headers);
        if announced > self.max_body_bytes {
            return Err(self.too_large());
        }
        Ok(Head {
            origin,
            packing: Packing { encoding, is_json },
            announced,
        })
    }

    fn charge(&self, head: &Head) -> Result<S::Charge, Rejection> {
        let certain = head.packing.certain_bytes(head.announced);
        self.intake.charge(&head.origin, certain)
    }

    fn origin(&self, headers: &HeaderMap) -> Result<Origin, Rejection> {
        let header = |name| headers.get_all(name).map(HeaderValue::as_bytes);
        let tenant = self.intake.tenant_of(Listener::Http, header)?;
        Ok(Origin {
            tenant,
            without_metrics: headers.contains_key(NO_METRICS_HEADER),
        })
    }

    fn too_large(&self) -> Rejection {
        Rejection::TooLarge {
            limit: self.max_body_bytes,
        }
    }

    async fn body(
        &self,
        payload: &mut Payload,
        announced: usize,
        most: usize,
    ) -> Result<AdmittedBody, Rejection> {
        let mut room = self.intake.admit()?;
        let mut buffer = BodyBuffer::new(self.max_body_bytes.min(most));
        buffer.announce(announced);
        let linger = room.linger();
        let arrival = async {
            while let Some(chunk) = payload.next().await {
                let chunk = chunk.map_err(|error| Rejection::BadTransfer(error.to_string()))?;
                room.add_bytes(chunk.len())?;
                buffer.push(chunk).map_err(|_| self.too_large())?;
            }
            Ok(AdmittedBody {
                bytes: buffer.finish(),
                room,
            })
        };
        arrive(linger, self.body_timeout, arrival).await
    }
}

/// `POST /v1/traces`.
pub(super) async fn export<S: TraceSink>(
    request: HttpRequest,
    payload: web::Payload,
    endpoint: web::Data<TracesEndpoint<S>>,
) -> HttpResponse<AnswerBody> {
    let under_way = endpoint.intake.metrics().begin(Transport::Http);
    let mut payload = payload.into_inner();
    let taken = endpoint.take(&request, &mut payload);
    let outcome = endpoint.stopping.unless_stopped(taken).await;
    let response = endpoint.answer(request.headers(), outcome, under_way.end());
    response.map_body(|_, answer| AnswerBody::new(answer, payload))
}

/// Other methods of `/v1/traces`.
pub(super) async fn method_not_allowed<S: TraceSink>(
    request: HttpRequest,
    endpoint: web::Data<TracesEndpoint<S>>,
) -> HttpResponse {
    let rejection = Rejection::MethodNotAllowed(request.method().to_string());
    endpoint.answer(request.headers(), Err(rejection), Instant::now())
}

/// All other paths, of which some mean that of traces.
pub(super) async fn elsewhere<S: TraceSink>(
    request: HttpRequest,
    payload: web::Payload,
    endpoint: web::Data<TracesEndpoint<S>>,
) -> Either<HttpResponse<AnswerBody>, HttpResponse> {
    let path = request.path();
    if !paths::means_traces(path) {
        let rejection = Rejection::OtherPath {
            path: path.to_owned(),
            advice: paths::advice(path),
        };
        return Either::Right(endpoint.answer(request.headers(), Err(rejection), Instant::now()));
    }
    if request.method() == Method::POST {
        return Either::Left(export(request, payload, endpoint).await);
    }
    Either::Right(method_not_allowed(request, endpoint).await)
}

fn encoding(headers: &HeaderMap) -> Result<Encoding, Rejection> {
    let mut values = headers.get_all(CONTENT_ENCODING);
    let first = values.next().map_or(&b""[..], |value| value.as_bytes());
    match values.next() {
        None => Encoding::parse(first),
        Some(_) => Err(Rejection::UnsupportedEncoding("more than one".to_owned())),
    }
}

/// What the sender announced; 0 when it did not.
fn content_length(headers: &HeaderMap) -> usize {
    let text = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// `accepted`, and the spans that were refused before.
fn with_refused(accepted: Accepted, transcoded: Transcoded) -> Accepted {
    let first = transcoded.first_refusal.map(|error| error.to_string());
    let reasons: Vec<String> = first.into_iter().chain(accepted.reason).collect();
    Accepted {
        rejected_spans: accepted.rejected_spans.saturating_add(transcoded.refused_spans),
        reason: (!reasons.is_empty()).then(|| reasons.join("; ")),
        ..accepted
    }
}

async fn protobuf_of(json: AdmittedBody) -> Result<(Transcoded, AdmittedBody), Rejection> {
    if json.bytes.len() <= MAX_INLINE_BYTES {
        return convert(json);
    }
    on_blocking_thread(move || convert(json)).await
}

/// There is room for both while both are there: what is encoded has no more bytes than its JSON.
fn convert(json: AdmittedBody) -> Result<(Transcoded, AdmittedBody), Rejection> {
    let AdmittedBody {
        bytes: json,
        mut room,
    } = json;
    room.add_bytes(json.len())?;
    let transcoded = otlp_json::to_protobuf(&json).map_err(|error| Refusal::Malformed(error.to_string()))?;
    let bytes = transcoded.protobuf.clone();
    room.remove_bytes((2 * json.len()).saturating_sub(bytes.len()));
    Ok((transcoded, AdmittedBody { bytes, room }))
}
