//! What pages of other origins may send (the Fetch standard's CORS), as the Collector's `cors` decides it.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderValue, ORIGIN, VARY,
};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, web};
use spangraph_config::CorsSettings;

/// Headers that may always be sent: without the first three no OTLP/HTTP is possible, and the last is harmless.
const ALWAYS_ALLOWED: [&str; 4] = ["accept", "content-type", "content-encoding", "x-requested-with"];

/// Methods that may be asked for; the answer to what is not `POST` is 405 all the same.
const METHODS: [&str; 3] = ["GET", "HEAD", "POST"];

/// So that browsers send preflights again no sooner than other caches would ask again.
const PREFLIGHT_VARY: &str = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";

/// Which pages of other origins may send, with which headers.
#[derive(Clone, Debug)]
pub(super) struct CorsPolicy {
    origins: Vec<OriginPattern>,
    any_origin: bool,
    headers: Vec<String>,
    any_header: bool,
    exposed: HeaderValue,
    max_age: Option<HeaderValue>,
}

/// An origin, or what stands before and after the `*` of one.
#[derive(Clone, Debug, PartialEq, Eq)]
enum OriginPattern {
    Exact(String),
    Wildcard { prefix: String, suffix: String },
}

impl CorsPolicy {
    /// The policy of `settings`; header names that can be none are passed over, as no request has them.
    pub fn new(settings: &CorsSettings) -> Self {
        let headers = settings
            .allowed_headers
            .iter()
            .map(|name| name.to_ascii_lowercase());
        let always = ALWAYS_ALLOWED.map(str::to_owned);
        Self {
            origins: settings
                .allowed_origins
                .iter()
                .map(|text| OriginPattern::new(text))
                .collect(),
            any_origin: settings.allowed_origins.iter().any(|origin| origin == "*"),
            headers: always.into_iter().chain(headers).collect(),
            any_header: settings.allowed_headers.iter().any(|name| name == "*"),
            exposed: exposed(&settings.exposed_headers),
            max_age: max_age(settings.max_age_seconds),
        }
    }

    /// Adds to the headers of a preflight's answer what `request` is allowed; nothing but `Vary` when it is not.
    fn answer_preflight(&self, request: &HeaderMap, answer: &mut HeaderMap) {
        answer.append(VARY, HeaderValue::from_static(PREFLIGHT_VARY));
        let (Some(origin), Some(method)) =
            (self.allowed(request), request.get(ACCESS_CONTROL_REQUEST_METHOD))
        else {
            return;
        };
        let headers = request.get(ACCESS_CONTROL_REQUEST_HEADERS);
        let is_allowed = METHODS.iter().any(|known| method == known)
            && headers.is_none_or(|list| self.allows_headers(list));
        if !is_allowed {
            return;
        }
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        answer.insert(ACCESS_CONTROL_ALLOW_METHODS, method.clone());
        if let Some(headers) = headers {
            answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, headers.clone());
        }
        answer.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        if let Some(max_age) = &self.max_age {
            answer.insert(ACCESS_CONTROL_MAX_AGE, max_age.clone());
        }
    }

    /// Adds to the headers of any other answer whether the page that sent the request may see it.
    fn mark(&self, origin: Option<HeaderValue>, answer: &mut HeaderMap) {
        answer.append(VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = origin {
            answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            answer.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            answer.insert(ACCESS_CONTROL_EXPOSE_HEADERS, self.exposed.clone());
        }
    }

    /// What to write as the allowed origin when that of `request` is one.
    fn allowed(&self, request: &HeaderMap) -> Option<HeaderValue> {
        let origin = request.get(ORIGIN)?;
        if self.any_origin {
            return Some(HeaderValue::from_static("*"));
        }
        let text = origin.to_str().ok()?.to_ascii_lowercase();
        self.origins
            .iter()
            .any(|pattern| pattern.matches(&text))
            .then(|| origin.clone())
    }

    fn allows_headers(&self, list: &HeaderValue) -> bool {
        let Ok(list) = list.to_str() else {
            return false;
        };
        let mut names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
        self.any_header || names.all(|name| self.headers.contains(&name.to_ascii_lowercase()))
    }
}

impl OriginPattern {
    fn new(text: &str) -> Self {
        let text = text.to_ascii_lowercase();
        match text.split_once('*') {
            Some((prefix, suffix)) => Self::Wildcard {
                prefix: prefix.to_owned(),
                suffix: suffix.to_owned(),
            },
            None => Self::Exact(text),
        }
    }

    fn matches(&self, origin: &str) -> bool {
        match self {
            Self::Exact(text) => origin == text,
            Self::Wildcard { prefix, suffix } => {
                let rest = origin.strip_prefix(prefix.as_str());
                rest.is_some_and(|rest| rest.ends_with(suffix.as_str()))
            }
        }
    }
}

/// A page may see when to come again, whatever else is configured.
fn exposed(names: &[String]) -> HeaderValue {
    let all = [&["Retry-After".to_owned()], names].concat().join(", ");
    HeaderValue::from_str(&all).unwrap_or(HeaderValue::from_static("Retry-After"))
}

/// 0 leaves it to the browser; what is negative switches keeping off.
fn max_age(seconds: i64) -> Option<HeaderValue> {
    (seconds != 0).then(|| HeaderValue::from(seconds.max(0)))
}

/// Answers preflights, and marks every other answer, refusals included, for the page that asked.
pub(super) async fn apply(
    policy: web::Data<CorsPolicy>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    if is_preflight(&request) {
        let mut answer = HttpResponse::NoContent().finish();
        policy.answer_preflight(request.headers(), answer.headers_mut());
        return Ok(request.into_response(answer));
    }
    let origin = policy.allowed(request.headers());
    let mut response = next.call(request).await?.map_into_boxed_body();
    policy.mark(origin, response.headers_mut());
    Ok(response)
}

fn is_preflight(request: &ServiceRequest) -> bool {
    let headers = request.headers();
    request.method() == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

#[cfg(test)]
mod tests;
