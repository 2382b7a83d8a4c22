//! Answers only to names that are the server's own, so that a page of another site cannot point its own name here and
//! read what it is told (DNS rebinding).

use std::net::IpAddr;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ACCEPT_LANGUAGE, COOKIE, HOST, HeaderMap, ORIGIN, REFERER, USER_AGENT};
use actix_web::http::uri::Authority;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpRequest};
use spangraph_config::ListenHost;

use super::problem::Problem;
use super::{PagesContent, not_found};

/// Paths for supervisors, which come by names of every kind, and which tell nothing but whether the process is well.
const OPEN: [&str; 2] = ["/ready", "/healthz"];

/// Paths for programs that scrape, which come by names that are easily not configured here.
const SCRAPED: [&str; 2] = ["/metrics", "/metrics/generated"];

/// Names under which the server is reached.
#[derive(Clone, Debug)]
pub struct OwnNames {
    /// The machine's own name, in lower case.
    machine: String,
    /// The name that it listens at, in lower case.
    listened: Option<String>,
}

impl OwnNames {
    /// Those of this machine, and of `host`, where pages are listened for.
    #[must_use]
    pub fn of(host: &ListenHost) -> Self {
        let listened = match host {
            ListenHost::Name(name) => Some(name.trim_end_matches('.').to_ascii_lowercase()),
            ListenHost::All | ListenHost::Address(_) => None,
        };
        let machine = gethostname::gethostname().to_string_lossy().to_ascii_lowercase();
        Self { machine, listened }
    }

    /// Whether `host` is one of them, or one of `configured`.
    ///
    /// Every address is: what a browser reaches by an address has that address for its origin.
    fn include(&self, host: &str, configured: &[String]) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        bare.parse::<IpAddr>().is_ok()
            || host == "localhost"
            || host.ends_with(".localhost")
            || host == self.machine
            || self.listened.as_ref() == Some(&host)
            || configured.iter().any(|pattern| matches(pattern, &host))
    }
}

/// Whether `pattern` is `host`, or has `*` for all or for the first part of it.
fn matches(pattern: &str, host: &str) -> bool {
    let pattern = pattern.to_ascii_lowercase();
    match pattern.strip_prefix('*') {
        Some(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
        None => pattern == host,
    }
}

/// Lets `request` pass when the name that it comes by is the server's own.
pub async fn check(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    match foreign_name(request.request()) {
        None => Ok(next.call(request).await?.map_into_boxed_body()),
        Some(name) => {
            let answer = not_found::answer(request.request(), Problem::ForeignHost(name));
            Ok(request.into_response(answer))
        }
    }
}

/// The name that `request` must not come by.
fn foreign_name(request: &HttpRequest) -> Option<String> {
    let path = request.path();
    let is_for_programs = SCRAPED.contains(&path) && !is_of_browser(request.headers());
    if OPEN.contains(&path) || is_for_programs {
        return None;
    }
    let content = request.app_data::<Data<PagesContent>>()?;
    let host = host(request)?;
    let config = content.config();
    let is_own = content.own_names.include(host, config.pages_hosts());
    (!is_own).then(|| host.to_owned())
}

/// The name without its port; a request without one is no browser's.
fn host(request: &HttpRequest) -> Option<&str> {
    let in_line = request.uri().authority().map(Authority::as_str);
    let named = request
        .headers()
        .get(HOST)
        .map(|host| host.to_str().unwrap_or("?"));
    let authority = in_line.or(named)?;
    let after_address = authority.rfind(']').unwrap_or(0);
    let port = authority[after_address..]
        .find(':')
        .map(|colon| after_address + colon);
    Some(&authority[..port.unwrap_or(authority.len())])
}

/// Whether a browser sends `headers`: of these a script can leave out none that its browser sends by itself.
fn is_of_browser(headers: &HeaderMap) -> bool {
    let marks = [ACCEPT_LANGUAGE, ORIGIN, REFERER, COOKIE];
    let agent = headers.get(USER_AGENT).map_or(&b""[..], |agent| agent.as_bytes());
    marks.iter().any(|mark| headers.contains_key(mark))
        || headers.contains_key("sec-fetch-site")
        || agent.starts_with(b"Mozilla/")
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn names(listened: &str) -> OwnNames {
        OwnNames {
            machine: "box-1".to_owned(),
            ..OwnNames::of(&listened.parse().unwrap())
        }
    }

    #[test]
    fn addresses_loopback_the_machine_and_the_name_that_is_listened_at_are_own() {
        let names = names("Tempo.example");
        for host in [
            "127.0.0.1",
            "10.1.2.3",
            "[::1]",
            "[fe80::1]",
            "localhost",
            "LOCALHOST.",
            "a.localhost",
            "box-1",
            "tempo.example",
        ] {
            assert!(names.include(host, &[]), "{host}");
        }
        for host in [
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "box-12",
            "",
            "?",
            "1",
        ] {
            assert!(!names.include(host, &[]), "{host}");
        }
    }

    #[test]
    fn configured_names_are_own_with_a_star_for_the_first_part_or_for_all() {
        let configured = ["graph.example".to_owned(), "*.svc.Example".to_owned()];
        let names = names("127.0.0.1");
        for (host, expected) in [
            ("graph.example", true),
            ("a.graph.example", false),
            ("a.b.svc.example", true),
            ("svc.example", false),
            (".svc.example", false),
        ] {
            assert_eq!(names.include(host, &configured), expected, "{host}");
        }
        assert!(names.include("anything", &["*".to_owned()]));
    }

    #[test]
    fn the_port_is_no_part_of_the_name() {
        for (authority, expected) in [
            ("a:3200", Some("a")),
            ("a", Some("a")),
            ("[::1]:3200", Some("[::1]")),
            ("[::1]", Some("[::1]")),
        ] {
            let request = TestRequest::default()
                .insert_header((HOST, authority))
                .to_http_request();
            assert_eq!(host(&request), expected);
        }
        assert_eq!(host(&TestRequest::default().to_http_request()), None);
    }

    #[test]
    fn programs_are_told_from_browsers() {
        for (name, value, expected) in [
            ("user-agent", "Prometheus/2.42.0", false),
            ("accept", "application/openmetrics-text", false),
            ("user-agent", "Mozilla/5.0 (X11)", true),
            ("accept-language", "en", true),
            ("sec-fetch-site", "same-origin", true),
            ("origin", "http://evil.example", true),
        ] {
            let request = TestRequest::default()
                .insert_header((name, value))
                .to_http_request();
            assert_eq!(is_of_browser(request.headers()), expected, "{name}: {value}");
        }
    }
}
