//! `/metrics/generated`: the series of one tenant, for a Prometheus that scrapes instead of being written to.

use std::time::SystemTime;

use actix_web::http::header::{Accept, Header as _};
use actix_web::mime::Mime;
use actix_web::{HttpRequest, HttpResponse, web};
use spangraph_actors::aggregator::ExpositionFormat;
use spangraph_config::TenantId;

use super::{PLAIN_TEXT, PagesContent};

/// With multi-tenancy, the tenant of `X-Scope-OrgID` or `?tenant=`.
#[derive(serde::Deserialize)]
pub struct Query {
    tenant: Option<String>,
}

/// The series now, in the format that `Accept` asks for.
pub async fn show(
    request: HttpRequest,
    query: web::Query<Query>,
    content: web::Data<PagesContent>,
) -> HttpResponse {
    let tenant = match tenant(&request, query.into_inner(), content.multitenancy_enabled) {
        Ok(tenant) => tenant,
        Err(reason) => return HttpResponse::BadRequest().content_type(PLAIN_TEXT).body(reason),
    };
    let format = format(&request);
    match content.pipeline.expose(&tenant, format).await {
        Some(text) => {
            content.scrapes.note(SystemTime::now());
            HttpResponse::Ok().content_type(format.content_type()).body(text)
        }
        None => HttpResponse::ServiceUnavailable()
            .content_type(PLAIN_TEXT)
            .body("the aggregator does not answer\n"),
    }
}

/// The format that `Accept` ranks highest (RFC 9110 §12.5.1); the plain text when it names neither.
fn format(request: &HttpRequest) -> ExpositionFormat {
    let ranked = Accept::parse(request)
        .map(|accept| accept.ranked())
        .unwrap_or_default();
    let format = |media: &Mime| match media.essence_str() {
        "application/openmetrics-text" => Some(ExpositionFormat::OpenMetrics),
        "text/plain" | "text/*" | "*/*" => Some(ExpositionFormat::PrometheusText),
        _ => None,
    };
    ranked
        .iter()
        .find_map(format)
        .unwrap_or(ExpositionFormat::PrometheusText)
}

fn tenant(request: &HttpRequest, query: Query, multitenancy_enabled: bool) -> Result<TenantId, String> {
    if !multitenancy_enabled {
        return Ok(TenantId::single());
    }
    let header = request
        .headers()
        .get("x-scope-orgid")
        .and_then(|value| value.to_str().ok());
    let named = header.map(str::to_owned).or(query.tenant);
    let id = named.ok_or("name a tenant: header X-Scope-OrgID or ?tenant=\n")?;
    TenantId::parse(&id).map_err(|error| format!("{error}\n"))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn the_highest_ranked_format_that_is_known_is_chosen() {
        let prometheus =
            "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        for (accept, expected) in [
            (prometheus, ExpositionFormat::OpenMetrics),
            (
                "text/plain, application/openmetrics-text;q=0.5",
                ExpositionFormat::PrometheusText,
            ),
            ("*/*", ExpositionFormat::PrometheusText),
            (
                "text/html, application/openmetrics-text;q=0.1",
                ExpositionFormat::OpenMetrics,
            ),
            ("not a media type", ExpositionFormat::PrometheusText),
        ] {
            let request = TestRequest::default()
                .insert_header(("accept", accept))
                .to_http_request();
            assert_eq!(format(&request), expected, "{accept}");
        }
        assert_eq!(
            format(&TestRequest::default().to_http_request()),
            ExpositionFormat::PrometheusText
        );
    }
}
