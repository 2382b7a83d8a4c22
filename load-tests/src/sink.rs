//! A remote-write endpoint that takes everything, and keeps the bodies for later.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// What arrived so far. Bodies are decoded only when all is over, so that this takes no time from the server.
#[derive(Clone, Debug)]
pub(crate) struct Sink {
    bodies: Arc<Mutex<Vec<Body>>>,
    address: SocketAddr,
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Body {
    /// When all of it was there.
    pub(crate) arrived: Instant,
    /// As it came, compressed.
    pub(crate) bytes: Bytes,
}

impl Sink {
    /// Begins to listen on a free port.
    ///
    /// # Errors
    /// When it cannot listen.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let sink = Self {
            bodies: Arc::default(),
            address: listener.local_addr()?,
        };
        tokio::spawn(serve(listener, Arc::clone(&sink.bodies)));
        Ok(sink)
    }

    /// Where it takes requests.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/api/v1/write", self.address)
    }

    /// How many requests came so far.
    pub(crate) fn count(&self) -> usize {
        self.bodies.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The compressed bytes of some of them.
    pub(crate) fn bytes(&self, requests: Range<usize>) -> usize {
        let bodies = self.bodies.lock().unwrap_or_else(PoisonError::into_inner);
        let bodies = bodies.get(requests).unwrap_or_default();
        bodies.iter().map(|body| body.bytes.len()).sum()
    }

    /// Takes out all that came, in the order of its arrival.
    pub(crate) fn take(&self) -> Vec<Body> {
        std::mem::take(&mut *self.bodies.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until more requests come than `seen`, and then until none comes for `quiet`; gives their number.
    ///
    /// # Errors
    /// When nothing comes within `patience`, or it never ends.
    pub(crate) async fn next_burst(
        &self,
        seen: usize,
        quiet: Duration,
        patience: Duration,
    ) -> anyhow::Result<usize> {
        let began = Instant::now();
        let (mut count, mut changed) = (seen, began);
        while count == seen || changed.elapsed() < quiet {
            tokio::time::sleep(LOOK_AGAIN).await;
            ensure!(
                began.elapsed() < patience,
                "no collection came and ended within {patience:?}"
            );
            if self.count() != count {
                (count, changed) = (self.count(), Instant::now());
            }
        }
        Ok(count)
    }
}

async fn serve(listener: TcpListener, bodies: Arc<Mutex<Vec<Body>>>) -> anyhow::Result<()> {
    loop {
        let (stream, _) = listener.accept().await.context("cannot accept a connection")?;
        stream.set_nodelay(true)?;
        let bodies = Arc::clone(&bodies);
        let service = service_fn(move |request| {
            let bodies = Arc::clone(&bodies);
            async move { Ok::<_, Infallible>(answer(request, &bodies).await) }
        });
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        // A connection that breaks is its sender's business.
        tokio::spawn(async move { drop(connection.await) });
    }
}

async fn answer(request: Request<Incoming>, bodies: &Mutex<Vec<Body>>) -> Response<Empty<Bytes>> {
    let mut response = Response::new(Empty::new());
    match request.into_body().collect().await {
        Ok(body) => {
            let bytes = body.to_bytes();
            let mut bodies = bodies.lock().unwrap_or_else(PoisonError::into_inner);
            let arrived = Instant::now();
            bodies.push(Body { arrived, bytes });
            *response.status_mut() = StatusCode::NO_CONTENT;
        }
        Err(_) => *response.status_mut() = StatusCode::BAD_REQUEST,
    }
    response
}
