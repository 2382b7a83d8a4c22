//! A remote-write endpoint that answers as it is told and remembers what it got.

use std::collections::VecDeque;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};

use futures_util::{StreamExt as _, stream};

use super::chunks::read;

/// What the endpoint does with one request.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub header: Option<(&'static str, &'static str)>,
    pub body: &'static str,
    pub after: Duration,
}

/// A request that came in.
#[derive(Clone, Debug)]
pub struct Received {
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub samples: Vec<String>,
    pub at: Instant,
}

/// What the endpoint shares with its test.
#[derive(Default)]
pub struct Seen {
    replies: VecDeque<Reply>,
    of_series: Vec<(&'static str, Reply)>,
    of_seeds: Vec<(Option<&'static str>, Reply)>,
    otherwise: Option<Reply>,
    received: Vec<Received>,
    at_once: usize,
    most_at_once: usize,
}

/// A running endpoint; stops when it is dropped.
pub struct Endpoint {
    pub url: String,
    seen: Arc<Mutex<Seen>>,
    server: ServerHandle,
}

pub fn reply(status: u16) -> Reply {
    Reply {
        status,
        header: None,
        body: "",
        after: Duration::ZERO,
    }
}

impl Reply {
    /// A body that begins and never ends.
    pub const STALLS: &'static str = "(never ends)";
}

impl Received {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(header, _)| header == name)
            .map(|(_, value)| value.as_str())
    }
}

impl Endpoint {
    /// On any free port, with these answers before 204s.
    pub fn start(replies: Vec<Reply>) -> Self {
        Self::listen(TcpListener::bind("127.0.0.1:0").unwrap(), replies, None)
    }

    /// With TLS when `tls` is given.
    pub fn listen(listener: TcpListener, replies: Vec<Reply>, tls: Option<rustls::ServerConfig>) -> Self {
        let seen = Arc::new(Mutex::new(Seen {
            replies: replies.into(),
            ..Seen::default()
        }));
        let shared = web::Data::from(Arc::clone(&seen));
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}/api/v1/write", listener.local_addr().unwrap());
        let app = move || {
            App::new()
                .app_data(shared.clone())
                .default_service(web::to(receive))
        };
        let server = HttpServer::new(app)
            .workers(1)
            .disable_signals()
            .shutdown_timeout(0);
        let server = match tls {
            Some(tls) => server.listen_rustls_0_23(listener, tls).unwrap(),
            None => server.listen(listener).unwrap(),
        };
        let running = server.run();
        let server = running.handle();
        actix_rt::spawn(running);
        Self { url, seen, server }
    }

    /// Answers everything that is not told otherwise with `reply`.
    pub fn otherwise(self, reply: Reply) -> Self {
        self.seen.lock().unwrap().otherwise = Some(reply);
        self
    }

    /// Answers every request that holds series of this name with `reply`.
    pub fn for_series(self, name: &'static str, reply: Reply) -> Self {
        self.seen.lock().unwrap().of_series.push((name, reply));
        self
    }

    /// Answers every request that holds a sample 0 with `reply`.
    pub fn for_seeds(self, reply: Reply) -> Self {
        self.seen.lock().unwrap().of_seeds.push((None, reply));
        self
    }

    /// Answers every request that holds a sample 0 of this name with `reply`.
    pub fn for_seeds_of(self, name: &'static str, reply: Reply) -> Self {
        self.seen.lock().unwrap().of_seeds.push((Some(name), reply));
        self
    }

    /// Answers the next request with `reply`.
    pub fn answer_next(&self, reply: Reply) {
        self.seen.lock().unwrap().replies.push_front(reply);
    }

    pub fn received(&self) -> Vec<Received> {
        self.seen.lock().unwrap().received.clone()
    }

    /// All samples in the order in which they came.
    pub fn samples(&self) -> Vec<String> {
        self.received()
            .into_iter()
            .flat_map(|request| request.samples)
            .collect()
    }

    /// The samples of the series of that name in the order in which they came.
    pub fn samples_of(&self, name: &str) -> Vec<String> {
        let mut samples = self.samples();
        samples.retain(|sample| is_of_series(sample, name));
        samples
    }

    pub fn most_at_once(&self) -> usize {
        self.seen.lock().unwrap().most_at_once
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        // The stop is ordered at once; nothing waits for it.
        drop(self.server.stop(false));
    }
}

async fn receive(request: HttpRequest, body: web::Bytes, seen: web::Data<Mutex<Seen>>) -> HttpResponse {
    let reply = note(&mut seen.lock().unwrap(), &request, &body);
    actix_rt::time::sleep(reply.after).await;
    seen.lock().unwrap().at_once -= 1;
    let mut response = HttpResponse::build(StatusCode::from_u16(reply.status).unwrap());
    if let Some(header) = reply.header {
        response.insert_header(header);
    }
    if reply.body == Reply::STALLS {
        let start = stream::once(async { Ok::<_, actix_web::Error>(web::Bytes::from_static(b"never ")) });
        return response.streaming(start.chain(stream::pending()));
    }
    response.body(reply.body)
}

fn note(seen: &mut Seen, request: &HttpRequest, body: &[u8]) -> Reply {
    let headers = request.headers().iter();
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    let (path, headers) = (request.path().to_owned(), headers.collect());
    let samples = read(body);
    let of_series = seen.of_series.iter();
    let reply_to_series = of_series
        .filter(|(name, _)| samples.iter().any(|sample| is_of_series(sample, name)))
        .map(|(_, reply)| reply.clone())
        .next();
    let is_seed = |sample: &String, name: Option<&str>| {
        sample.ends_with("=0") && name.is_none_or(|name| is_of_series(sample, name))
    };
    let of_seeds = seen.of_seeds.iter();
    let reply_to_seeds = of_seeds
        .filter(|(name, _)| samples.iter().any(|sample| is_seed(sample, *name)))
        .map(|(_, reply)| reply.clone())
        .next();
    let reply_to_series = reply_to_series.or(reply_to_seeds);
    seen.received.push(Received {
        path,
        headers,
        samples,
        at: Instant::now(),
    });
    seen.at_once += 1;
    seen.most_at_once = seen.most_at_once.max(seen.at_once);
    let otherwise = seen.otherwise.clone().unwrap_or_else(|| reply(204));
    reply_to_series.unwrap_or_else(|| seen.replies.pop_front().unwrap_or(otherwise))
}

fn is_of_series(sample: &str, name: &str) -> bool {
    sample.split_once('=').is_some_and(|(series, _)| series == name)
}
