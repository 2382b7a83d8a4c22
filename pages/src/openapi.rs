//! The description of the JSON API, which a test holds to the truth.

use actix_web::web;
use spangraph_config::TenantId;
use utoipa::openapi::path::Parameter;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{Modify, OpenApi};

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
    modifiers(&TenantIds),
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

/// Says of every parameter that names a tenant what a tenant's id is.
struct TenantIds;

impl Modify for TenantIds {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        for (path, item) in &mut description.paths.paths {
            let operations = item.get.iter_mut();
            let parameters = operations.flat_map(|operation| operation.parameters.iter_mut().flatten());
            for parameter in parameters {
                restrict_tenant(path, parameter);
            }
        }
    }
}

fn restrict_tenant(path: &str, parameter: &mut RefOr<Parameter>) {
    let RefOr::T(parameter) = parameter else {
        return;
    };
    let is_tenant = parameter.name == "tenant" || path == "/api/v1/tenants/{id}";
    if is_tenant && let Some(RefOr::T(Schema::Object(id))) = &mut parameter.schema {
        id.pattern = Some(TENANT_ID_PATTERN.to_owned());
        (id.min_length, id.max_length) = (Some(1), Some(TenantId::MAX_BYTES));
    }
}

/// The characters of a tenant's id, which is neither `.` nor `..`.
const TENANT_ID_PATTERN: &str = r"^(?!\.{1,2}$)[A-Za-z0-9!\-_.*'()]+$";

/// This description.
#[utoipa::path(
    get,
    path = "/api/v1/openapi.json",
    responses((status = 200, description = "The OpenAPI 3.1 description of this API", body = serde_json::Value))
)]
pub async fn show() -> web::Json<utoipa::openapi::OpenApi> {
    web::Json(Description::openapi())
}
