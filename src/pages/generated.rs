//! `/metrics/generated`: the series of one tenant, for a Prometheus that scrapes instead of being written to.

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
pub async fn show(request: HttpRequest, query: web::Query<Query>, content: web::Data<PagesContent>) -> HttpResponse {
    let tenant = match tenant(&request, query.into_inner(), content.multitenancy_enabled) {
        Ok(tenant) => tenant,
        Err(reason) => return HttpResponse::BadRequest().content_type(PLAIN_TEXT).body(reason),
    };
    let accept = request.headers().get("accept").and_then(|value| value.to_str().ok()).unwrap_or("");
    let format = ExpositionFormat::negotiate(accept);
    match content.pipeline.expose(&tenant, format).await {
        Some(text) => HttpResponse::Ok().content_type(format.content_type()).body(text),
        None => HttpResponse::ServiceUnavailable().content_type(PLAIN_TEXT).body("the aggregator does not answer\n"),
    }
}

fn tenant(request: &HttpRequest, query: Query, multitenancy_enabled: bool) -> Result<TenantId, String> {
    if !multitenancy_enabled {
        return Ok(TenantId::single());
    }
    let header = request.headers().get("x-scope-orgid").and_then(|value| value.to_str().ok());
    let named = header.map(str::to_owned).or(query.tenant);
    let id = named.ok_or("name a tenant: header X-Scope-OrgID or ?tenant=\n")?;
    TenantId::parse(&id).map_err(|error| format!("{error}\n"))
}
