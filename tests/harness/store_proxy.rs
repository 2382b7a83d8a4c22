//! A proxy before a real store: passes requests on as they are, makes trouble for one service, and remembers all of it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::web::{self, Bytes};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use reqwest::Client;
use spangraph_test_support::remote_write::{Sample, TimeSeries, WriteRequest};

use super::ports::free_port;

/// The service that some kinds of trouble are about: the label `server` of its series.
pub const TROUBLED: &str = "troubled";

/// What happens to requests from now on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Trouble {
    /// They are passed on.
    None,
    /// The next one is answered with this status and told to come again after so many seconds, the others are passed on.
    Busy { status: u16, seconds: u64 },
    /// Those with the troubled service are answered with this status.
    Failing(u16),
    /// Another writer gives the troubled service's series a sample so many milliseconds later than ours, before ours.
    Rival { later: i64 },
    /// The samples of the troubled service are made so many milliseconds older.
    Late { older: i64 },
}

/// A request as it came, and how it was answered.
#[derive(Clone, Debug)]
pub struct Passage {
    pub at: Instant,
    pub status: u16,
    /// What the answer said.
    pub words: String,
    /// By server, the samples of the calls.
    pub samples: Vec<(String, Sample)>,
}

impl Passage {
    /// When the troubled service's samples are of, in milliseconds.
    pub fn troubled(&self) -> impl Iterator<Item = i64> {
        let troubled = self.samples.iter().filter(|(server, _)| server == TROUBLED);
        troubled.map(|(_, sample)| sample.timestamp)
    }

    /// Whether the store took it.
    pub fn is_taken(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

struct Shared {
    store: String,
    client: Client,
    trouble: Mutex<Trouble>,
    passages: Mutex<Vec<Passage>>,
}

/// The proxy; it stops listening when dropped.
pub struct StoreProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: ServerHandle,
}

impl StoreProxy {
    /// Listens on a free port, and passes on to the remote-write URL `store`.
    pub fn before(store: &str) -> Self {
        let shared = Arc::new(Shared {
            store: store.to_owned(),
            client: Client::new(),
            trouble: Mutex::new(Trouble::None),
            passages: Mutex::default(),
        });
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let (sender, started) = mpsc::channel();
        let served = Arc::clone(&shared);
        thread::spawn(move || serve(address, served, &sender));
        let listening = started.recv_timeout(Duration::from_secs(10));
        Self {
            address,
            shared,
            listening: listening.expect("proxy listens"),
        }
    }

    /// Where to write to.
    pub fn url(&self) -> String {
        format!("http://{}/api/v1/write", self.address)
    }

    /// Makes trouble from now on.
    pub fn make(&self, trouble: Trouble) {
        *self.shared.trouble.lock().unwrap() = trouble;
    }

    /// Every request so far, in the order of the answers.
    pub fn passages(&self) -> Vec<Passage> {
        self.shared.passages.lock().unwrap().clone()
    }
}

impl Drop for StoreProxy {
    fn drop(&mut self) {
        // The message is sent when `stop` is called; the proxy's own thread acts on it.
        drop(self.listening.stop(false));
    }
}

fn serve(address: SocketAddr, shared: Arc<Shared>, started: &mpsc::Sender<ServerHandle>) {
    actix_web::rt::System::new().block_on(async move {
        let shared = web::Data::from(shared);
        let app = move || {
            App::new()
                .app_data(shared.clone())
                .app_data(web::PayloadConfig::new(64 << 20))
                .route("/api/v1/write", web::post().to(pass))
        };
        let server = HttpServer::new(app)
            .workers(1)
            .disable_signals()
            .bind(address)
            .expect("port is free");
        let running = server.run();
        started.send(running.handle()).expect("test waits");
        running.await.expect("proxy runs");
    });
}

async fn pass(request: HttpRequest, body: Bytes, shared: web::Data<Shared>) -> HttpResponse {
    let at = Instant::now();
    let series = WriteRequest::from_body(&body)
        .expect("body is a write request")
        .timeseries;
    let trouble = shared.next_trouble();
    let (status, words, retry_after) = match answer_of(trouble, &series) {
        Some((status, seconds)) => (status, "told to answer this".to_owned(), seconds),
        None => {
            let (status, words) = shared.pass_on(trouble, &request, &body, &series).await;
            (status, words, None)
        }
    };
    shared.passages.lock().unwrap().push(Passage {
        at,
        status,
        words: words.clone(),
        samples: samples_of(&series),
    });
    let mut answer = HttpResponse::build(StatusCode::from_u16(status).expect("a status"));
    if let Some(seconds) = retry_after {
        answer.insert_header((RETRY_AFTER, seconds));
    }
    answer.body(words)
}

/// The status and `Retry-After` that the proxy itself answers with.
fn answer_of(trouble: Trouble, series: &[TimeSeries]) -> Option<(u16, Option<u64>)> {
    match trouble {
        Trouble::Busy { status, seconds } => Some((status, Some(seconds))),
        Trouble::Failing(status) if series.iter().any(is_troubled) => Some((status, None)),
        _ => None,
    }
}

impl Shared {
    fn next_trouble(&self) -> Trouble {
        let mut trouble = self.trouble.lock().unwrap();
        let next = *trouble;
        if matches!(next, Trouble::Busy { .. }) {
            *trouble = Trouble::None;
        }
        next
    }

    async fn pass_on(
        &self,
        trouble: Trouble,
        request: &HttpRequest,
        body: &Bytes,
        series: &[TimeSeries],
    ) -> (u16, String) {
        let troubled = series.iter().filter(|series| is_troubled(series)).cloned();
        match trouble {
            Trouble::Rival { later } => {
                let rivals: Vec<_> = troubled.map(|series| moved(series, later, 1.0)).collect();
                if !rivals.is_empty() {
                    let (status, words) = self.write(request, body_of(rivals)).await;
                    assert_eq!(status, 204, "the rival's samples are refused: {words}");
                }
                self.write(request, body.to_vec()).await
            }
            Trouble::Late { older } if troubled.count() > 0 => {
                let late = |series: &TimeSeries| match is_troubled(series) {
                    true => moved(series.clone(), -older, 0.0),
                    false => series.clone(),
                };
                self.write(request, body_of(series.iter().map(late).collect()))
                    .await
            }
            _ => self.write(request, body.to_vec()).await,
        }
    }

    /// Writes `body` to the store with the headers of `request`.
    async fn write(&self, request: &HttpRequest, body: Vec<u8>) -> (u16, String) {
        let mut write = self.client.post(&self.store).body(body);
        for name in [
            "content-type",
            "content-encoding",
            "x-prometheus-remote-write-version",
        ] {
            let value = request.headers().get(name).expect("remote write's header");
            write = write.header(name, value.as_bytes());
        }
        let answer = write.send().await.expect("store answers");
        let status = answer.status().as_u16();
        (status, answer.text().await.expect("an answer is text"))
    }
}

fn body_of(timeseries: Vec<TimeSeries>) -> Vec<u8> {
    let request = WriteRequest {
        timeseries,
        ..WriteRequest::default()
    };
    request.to_body().expect("a request is short")
}

fn moved(mut series: TimeSeries, milliseconds: i64, more: f64) -> TimeSeries {
    for sample in &mut series.samples {
        sample.timestamp += milliseconds;
        sample.value += more;
    }
    series
}

fn is_troubled(series: &TimeSeries) -> bool {
    server_of(series) == TROUBLED
}

fn server_of(series: &TimeSeries) -> &str {
    let server = series.labels.iter().find(|label| label.name == "server");
    server.map_or("", |label| label.value.as_str())
}

fn samples_of(series: &[TimeSeries]) -> Vec<(String, Sample)> {
    let samples = |series: &TimeSeries| {
        let server = server_of(series).to_owned();
        let named = series.samples.iter().map(move |sample| (server.clone(), *sample));
        named.collect::<Vec<_>>()
    };
    series.iter().flat_map(samples).collect()
}
