//! Asks for credentials before anything is shown or done, apart from what supervisors look at.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpResponse};
use spangraph_serving::authentication::Authenticator;
use spangraph_serving::listener::Listener;

use super::not_found;
use super::problem::Problem;

/// Paths that tell nothing but whether the process is well.
const OPEN: [&str; 2] = ["/ready", "/healthz"];

/// Lets `request` pass with credentials that are known, and to open paths without.
pub async fn authenticate(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    let answer = if OPEN.contains(&request.path()) {
        None
    } else {
        refused(&request)
    };
    match answer {
        None => Ok(next.call(request).await?.map_into_boxed_body()),
        Some(answer) => Ok(request.into_response(answer)),
    }
}

/// The answer to one who is not let in.
fn refused(request: &ServiceRequest) -> Option<HttpResponse> {
    let Some(authenticator) = request.app_data::<Data<Authenticator>>() else {
        // Who asks nobody must not ask for this function; better nobody gets in than everybody.
        return Some(HttpResponse::InternalServerError().finish());
    };
    let values = request
        .headers()
        .get_all(AUTHORIZATION)
        .map(HeaderValue::as_bytes);
    let failure = authenticator.check(Listener::Pages, values).err()?;
    let challenge = HeaderValue::from_static(authenticator.challenge().header());
    let mut answer = not_found::answer(request.request(), Problem::Unauthenticated(failure));
    answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    Some(answer)
}
