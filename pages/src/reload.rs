//! `POST /-/reload`: loads the configuration again, as SIGHUP does, when that is switched on.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};

use super::{PLAIN_TEXT, PagesContent, not_found};
use crate::loading::Trigger;

const OFF: &str = "loading by request is off: set spangraph.reload_endpoint.enabled, or send SIGHUP";
const FOREIGN: &str = "a page of another site asked for this";
const BUSY: &str = "the server is stopping, or too many reloads wait";

/// Adds the path; only POST acts.
pub fn routes(config: &mut web::ServiceConfig) {
    let path = web::resource("/-/reload").route(web::post().to(reload));
    config.service(path.default_service(web::to(not_found::only_post)));
}

async fn reload(request: HttpRequest, content: web::Data<PagesContent>) -> HttpResponse {
    if !content.config().reload_endpoint_enabled() {
        return text(StatusCode::FORBIDDEN, OFF);
    }
    if is_of_another_site(&request) {
        return text(StatusCode::FORBIDDEN, FOREIGN);
    }
    match content.reload.reload(Trigger::Request).await {
        None => text(StatusCode::SERVICE_UNAVAILABLE, BUSY),
        Some(attempt) if attempt.error.is_some() => {
            text(StatusCode::INTERNAL_SERVER_ERROR, &attempt.to_string())
        }
        Some(attempt) => text(StatusCode::OK, &attempt.to_string()),
    }
}

/// A browser says on whose behalf it asks; a form of another site could post here otherwise.
fn is_of_another_site(request: &HttpRequest) -> bool {
    let header = |name: &str| request.headers().get(name).map(|value| value.as_bytes());
    match (header("sec-fetch-site"), header("origin")) {
        (Some(site), _) => site != b"same-origin" && site != b"none",
        (None, Some(origin)) => {
            let authority = origin.splitn(2, |byte| *byte == b':').nth(1);
            let authority = authority.and_then(|rest| rest.strip_prefix(b"//"));
            authority.is_none() || authority != header("host")
        }
        (None, None) => false,
    }
}

fn text(status: StatusCode, text: &str) -> HttpResponse {
    HttpResponseBuilder::new(status)
        .content_type(PLAIN_TEXT)
        .body(format!("{text}\n"))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::is_of_another_site;

    fn foreign(headers: &[(&str, &str)]) -> bool {
        let request = headers.iter().fold(TestRequest::post(), |request, header| {
            request.insert_header(*header)
        });
        is_of_another_site(&request.to_http_request())
    }

    #[test]
    fn a_page_of_another_site_is_told_by_what_its_browser_says() {
        let host = ("host", "localhost:3200");
        assert!(!foreign(&[host]), "no browser");
        assert!(!foreign(&[host, ("sec-fetch-site", "same-origin")]));
        assert!(foreign(&[host, ("sec-fetch-site", "cross-site")]));
        assert!(!foreign(&[host, ("origin", "http://localhost:3200")]));
        for origin in [
            "https://evil.example",
            "null",
            "http://localhost:3201",
            "localhost:3200",
        ] {
            assert!(foreign(&[host, ("origin", origin)]), "{origin}");
        }
        assert!(
            foreign(&[("origin", "http://localhost:3200")]),
            "nobody says whose page"
        );
    }
}
