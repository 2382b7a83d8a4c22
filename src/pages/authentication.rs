//! Asks for credentials before anything is shown or done, apart from what supervisors look at.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use actix_web::middleware::Next;
use actix_web::web::Data;

use super::not_found;
use super::problem::Problem;
use crate::authentication::Authenticator;
use crate::listener::Listener;

/// Paths that tell nothing but whether the process is well.
const OPEN: [&str; 2] = ["/ready", "/healthz"];

/// Lets `request` pass with credentials that are known, and to open paths without.
pub async fn authenticate(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    if let Some(authenticator) = request.app_data::<Data<Authenticator>>()
        && !OPEN.contains(&request.path())
    {
        let headers = request.headers();
        let values = headers.get_all(AUTHORIZATION).map(HeaderValue::as_bytes);
        if let Err(failure) = authenticator.check(Listener::Pages, values) {
            let challenge = HeaderValue::from_static(authenticator.challenge().header());
            let mut answer = not_found::answer(request.request(), Problem::Unauthenticated(failure));
            answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
            return Ok(request.into_response(answer));
        }
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}
