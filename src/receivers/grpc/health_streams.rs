//! Bounds the health requests that one connection has open: they ask for no credentials, and those who watch stay for ever.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body_util::BodyExt as _;
use tokio::sync::Semaphore;
use tonic::Status;
use tonic::body::Body;
use tonic::server::NamedService;
use tower_service::Service;

/// As many as a load balancer asks at one time: it watches the server and its service, and checks them now and then.
const MOST_STREAMS: usize = 8;

/// The health requests that a connection may still open; clones share it.
#[derive(Clone, Debug)]
pub(super) struct HealthStreams(Arc<Semaphore>);

/// The health service `S` for so many requests of each connection.
#[derive(Clone, Debug)]
pub(super) struct BoundedHealth<S> {
    health: S,
}

impl Default for HealthStreams {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MOST_STREAMS)))
    }
}

impl<S> BoundedHealth<S> {
    /// A bound around `health`.
    pub fn new(health: S) -> Self {
        Self { health }
    }
}

impl<S: NamedService> NamedService for BoundedHealth<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<Request<Body>> for BoundedHealth<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.health.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let streams = request
            .extensions()
            .get::<HealthStreams>()
            .cloned()
            .unwrap_or_default();
        let Ok(open) = streams.0.try_acquire_owned() else {
            return Box::pin(async { Ok(too_many()) });
        };
        let answer = self.health.call(request);
        Box::pin(async move {
            let answer = answer.await?;
            // It is open until its answer ends, or its client goes away.
            let held = move |frame| {
                let _open = &open;
                frame
            };
            Ok(answer.map(|body| Body::new(body.map_frame(held))))
        })
    }
}

fn too_many() -> Response<Body> {
    let text = format!("a connection may have {MOST_STREAMS} health requests open");
    Status::resource_exhausted(text).into_http()
}
