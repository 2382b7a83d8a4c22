//! `/metrics/generated`: the series of one tenant or of all, for a Prometheus that scrapes instead of being written to.

use std::time::SystemTime;

use actix_web::http::header::{Accept, Header as _, RETRY_AFTER};
use actix_web::mime::Mime;
use actix_web::rt::time::sleep;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use spangraph_actors::aggregator::ExpositionFormat;
use spangraph_actors::pipeline::NotExposed;
use spangraph_config::TenantId;

use super::held_texts::{self, SlicedBody, TooManyHeld};
use super::latest::{LatestByKey, MAX_AGE};
use super::problem::Problem;
use super::scrapes::FailedScrape;
use super::tenant_choice::{self, tenant_header};
use super::{PLAIN_TEXT, PagesContent};

/// With multi-tenancy, `?tenant=` names the tenant, or all by `*`, when the header `X-Scope-OrgID` does not.
#[derive(serde::Deserialize)]
pub struct Query {
    tenant: Option<String>,
}

/// Whose series are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Whose {
    /// Those of one tenant.
    One(TenantId),
    /// Those of all that have sent spans, with the tenant as a label.
    All,
}

/// The last texts, which scrapers that come together share; large ones, so none is kept longer than it counts.
pub type LatestTexts = LatestByKey<(Whose, ExpositionFormat), Bytes>;

/// Why there is no text.
enum NoText {
    NotExposed(NotExposed),
    TooManyHeld(TooManyHeld),
}

/// When who finds no text may come again, in seconds: what keeps it from being there is tried again each second.
const RETRY_AFTER_SECONDS: u32 = 1;

/// What stands for all tenants in `?tenant=`. A tenant may have this very id: the header names that one alone.
const ALL: &str = "*";

impl From<TooManyHeld> for NoText {
    fn from(too_many: TooManyHeld) -> Self {
        Self::TooManyHeld(too_many)
    }
}

impl From<NotExposed> for NoText {
    fn from(not_exposed: NotExposed) -> Self {
        Self::NotExposed(not_exposed)
    }
}

/// The series now, in the format that `Accept` asks for.
pub async fn show(
    request: HttpRequest,
    query: web::Query<Query>,
    content: web::Data<PagesContent>,
) -> HttpResponse {
    let whose = match whose(&request, query.into_inner(), &content) {
        Ok(whose) => whose,
        Err(problem) => {
            return HttpResponse::build(problem.status())
                .content_type(PLAIN_TEXT)
                .body(format!("{problem}\n"));
        }
    };
    let format = format(&request);
    match text(whose, format, &content).await {
        Ok(text) => {
            content.scrapes.note(SystemTime::now());
            HttpResponse::Ok()
                .content_type(format.content_type())
                .body(SlicedBody::new(text))
        }
        Err(NoText::TooManyHeld(too_many)) => {
            content.scrapes.note_failed(FailedScrape::TooManyHeld);
            held_texts::refuse(too_many)
        }
        Err(NoText::NotExposed(not_exposed)) => {
            content.scrapes.note_failed(reason_of(&not_exposed));
            HttpResponse::ServiceUnavailable()
                .content_type(PLAIN_TEXT)
                .insert_header((RETRY_AFTER, RETRY_AFTER_SECONDS))
                .body(format!("{not_exposed}\n"))
        }
    }
}

fn reason_of(not_exposed: &NotExposed) -> FailedScrape {
    match not_exposed {
        NotExposed::NoAnswer | NotExposed::Busy => FailedScrape::NoAnswer,
        NotExposed::NotDurable(_) => FailedScrape::NotDurable,
    }
}

/// The text, which is at most one second old.
async fn text(
    whose: Whose,
    format: ExpositionFormat,
    content: &web::Data<PagesContent>,
) -> Result<Bytes, NoText> {
    let latest = &content.reports.generated;
    let mut reason = NoText::NotExposed(NotExposed::NoAnswer);
    let shared = latest.get((whose.clone(), format), async || {
        let written = write(&whose, format, content).await;
        written.map_err(|no_text| reason = no_text).ok()
    });
    let shared = shared.await;
    shared.map(|text| Bytes::clone(&text)).ok_or(reason)
}

async fn write(
    whose: &Whose,
    format: ExpositionFormat,
    content: &web::Data<PagesContent>,
) -> Result<Bytes, NoText> {
    // What is refused afterwards would have been written for nothing.
    content.texts.check()?;
    let text = match whose {
        Whose::One(tenant) => content.pipeline.expose(tenant, format).await?,
        Whose::All => content.pipeline.expose_all(format).await?,
    };
    let text = content.texts.hold(Bytes::from(text))?;
    let content = content.clone();
    actix_web::rt::spawn(async move {
        // By then it is old for certain, and large.
        sleep(2 * MAX_AGE).await;
        content.reports.generated.forget_old();
    });
    Ok(text)
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

fn whose(request: &HttpRequest, query: Query, content: &PagesContent) -> Result<Whose, Problem> {
    if !content.multitenancy_enabled {
        let named = query.tenant.filter(|id| id != ALL);
        return tenant_choice::only(named.as_deref()).map(Whose::One);
    }
    let parameter = |reason| Problem::Parameter {
        name: "tenant",
        reason,
    };
    let header = tenant_header(request);
    if header.is_none() && query.tenant.as_deref() == Some(ALL) {
        return Ok(Whose::All);
    }
    let id = header.or(query.tenant).ok_or_else(|| {
        parameter(
            "name a tenant by ?tenant= or by the header X-Scope-OrgID, or all with ?tenant=*".to_owned(),
        )
    })?;
    let tenant = TenantId::parse(&id).map_err(|error| parameter(error.to_string()))?;
    if is_known(&tenant, content) {
        Ok(Whose::One(tenant))
    } else {
        Err(Problem::UnknownTenant(tenant))
    }
}

/// Whether `tenant` has sent spans, or is named in the override file and may yet.
fn is_known(tenant: &TenantId, content: &PagesContent) -> bool {
    content.pipeline.tenant(tenant).is_some() || content.config().tenants().any(|(id, _)| id == Some(tenant))
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
