//! The description of the JSON API, which a test holds to the truth.

use actix_web::web;
use utoipa::OpenApi;

use super::problem::ErrorReport;

/// The JSON under `/api/v1/`. Every topic adds its paths here.
#[derive(Debug, OpenApi)]
#[openapi(
    info(
        title = "spangraph",
        description = "What the status pages show, as JSON. Times are in seconds or in milliseconds since the \
                       Unix epoch, as their names say; latencies are in seconds. Answers are at most one second old, \
                       unless their description says otherwise."
    ),
    components(schemas(ErrorReport)),
    paths(
        show,
        super::actors::api,
        super::cardinality::api,
        super::configuration::report,
        super::graph::api,
        super::graph::service_api,
        super::outputs::api,
        super::overview::api,
        super::pairing::api,
        super::tenants::report_all,
        super::tenants::report
    )
)]
pub struct Description;

/// This description.
#[utoipa::path(
    get,
    path = "/api/v1/openapi.json",
    responses((status = 200, description = "The OpenAPI 3.1 description of this API", body = serde_json::Value))
)]
pub async fn show() -> web::Json<utoipa::openapi::OpenApi> {
    web::Json(Description::openapi())
}
