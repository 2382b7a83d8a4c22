//! Paths that are read and nothing else, and the list of them.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use actix_web::dev::Handler;
use actix_web::{FromRequest, Resource, Responder, guard, web};

use crate::not_found;

/// What `handler` shows under `path` by GET and HEAD; other methods are refused, so that nothing acts unasked.
pub fn resource<F, Arguments>(path: &str, handler: F) -> Resource
where
    F: Handler<Arguments>,
    Arguments: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    PATHS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(path.to_owned());
    let reads = guard::Any(guard::Get()).or(guard::Head());
    web::resource(path)
        .route(web::route().guard(reads).to(handler))
        .default_service(web::to(not_found::other_method))
}

/// Every path of the pages; actix does not tell its own.
static PATHS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Every path that is served by [`resource`], in order.
pub fn paths() -> Vec<String> {
    let paths = PATHS.lock().unwrap_or_else(PoisonError::into_inner);
    paths.iter().cloned().collect()
}
