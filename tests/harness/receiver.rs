//! A remote that takes remote write in this process, remembers all of it in order and can misbehave.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, mpsc};
use std::thread;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::http::header::{LOCATION, RETRY_AFTER};
use actix_web::web::{self, Bytes};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use spangraph_test_support::Labels;
use spangraph_test_support::remote_write::{Histogram, MalformedLabels, Sample, TimeSeries, WriteRequest};

use super::ports::free_port;
use super::until;

/// How the remote answers from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Takes everything.
    Accept,
    /// Answers this status and remembers the request as refused.
    Answer(u16),
    /// Answers 429 with `Retry-After` in seconds.
    TooMany(u64),
    /// Answers this status and leads to another path, where everything is taken.
    Redirect(u16),
    /// Takes the request and never answers.
    Hang,
    /// Answers this status to requests that hold a sample 0, and takes all others.
    AnswerZeros(u16),
    /// Never answers requests that hold a sample 0, and takes all others.
    HangOnZeros,
    /// Keeps every second request waiting for so long before it takes it, and answers 400 to samples older than one that it
    /// has of their series, as Prometheus does.
    SlowAndInOrder(Duration),
}

impl Behaviour {
    fn takes(self, series: &[TimeSeries]) -> bool {
        match self {
            Self::Accept | Self::SlowAndInOrder(_) => true,
            Self::AnswerZeros(_) | Self::HangOnZeros => {
                let mut samples = series.iter().flat_map(|series| &series.samples);
                samples.all(|sample| sample.value != 0.0)
            }
            _ => false,
        }
    }
}

/// One request as it came.
#[derive(Clone, Debug)]
pub struct ReceivedRequest {
    /// Header names in lower case.
    pub headers: BTreeMap<String, String>,
    pub series: Vec<TimeSeries>,
    /// It was answered with success.
    pub accepted: bool,
}

impl ReceivedRequest {
    /// The tenant that the request names.
    pub fn tenant(&self) -> Option<&str> {
        self.headers.get("x-scope-orgid").map(String::as_str)
    }
}

struct Shared {
    behaviour: Mutex<Behaviour>,
    requests: Mutex<Vec<ReceivedRequest>>,
    arrived: AtomicUsize,
}

impl Shared {
    /// Whether a sample was taken that is newer than one of the same of the `series`.
    fn has_newer_than(&self, series: &[TimeSeries]) -> bool {
        let requests = self.requests.lock().unwrap();
        let taken = requests.iter().filter(|request| request.accepted);
        let mut newest: BTreeMap<Labels, i64> = BTreeMap::new();
        for one in taken.flat_map(|request| &request.series) {
            let newest = newest.entry(labels_of(one)).or_insert(i64::MIN);
            let times = one.samples.iter().map(|sample| sample.timestamp);
            *newest = times.fold(*newest, i64::max);
        }
        series.iter().any(|one| {
            let newest = newest.get(&labels_of(one)).copied().unwrap_or(i64::MIN);
            one.samples.iter().any(|sample| sample.timestamp < newest)
        })
    }
}

/// The remote; it stops listening when dropped.
pub struct RemoteWriteReceiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: Option<ServerHandle>,
}

impl RemoteWriteReceiver {
    /// Listens on a free port and accepts everything.
    pub fn start() -> Self {
        let shared = Shared {
            behaviour: Mutex::new(Behaviour::Accept),
            requests: Mutex::default(),
            arrived: AtomicUsize::new(0),
        };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let mut receiver = Self {
            address,
            shared: Arc::new(shared),
            listening: None,
        };
        receiver.listen();
        receiver
    }

    /// Where to write to.
    pub fn url(&self) -> String {
        format!("http://{}/api/v1/push", self.address)
    }

    /// Changes how further requests are answered.
    pub fn behave(&self, behaviour: Behaviour) {
        *self.shared.behaviour.lock().unwrap() = behaviour;
    }

    /// Stops listening, so that connections are refused.
    pub fn refuse_connections(&mut self) {
        if let Some(handle) = self.listening.take() {
            // The message is sent when `stop` is called; the server's own thread acts on it.
            drop(handle.stop(false));
        }
    }

    /// Listens again on the same address.
    pub fn listen(&mut self) {
        let (shared, address) = (Arc::clone(&self.shared), self.address);
        let (sender, started) = mpsc::channel();
        thread::spawn(move || serve(address, shared, &sender));
        self.listening = Some(
            started
                .recv_timeout(Duration::from_secs(10))
                .expect("receiver listens"),
        );
    }

    /// Every request so far, in order of arrival.
    pub fn requests(&self) -> MutexGuard<'_, Vec<ReceivedRequest>> {
        self.shared.requests.lock().unwrap()
    }

    /// The accepted samples of every series in order of arrival, by tenant and labels.
    pub fn samples(&self) -> BTreeMap<(Option<String>, Labels), Vec<Sample>> {
        let mut samples: BTreeMap<_, Vec<Sample>> = BTreeMap::new();
        self.accepted_series(|key, series| samples.entry(key).or_default().extend(&series.samples));
        samples.retain(|_, samples| !samples.is_empty());
        samples
    }

    /// The latest accepted native histogram of every series that has one.
    pub fn last_histograms(&self) -> BTreeMap<(Option<String>, Labels), Histogram> {
        let mut last = BTreeMap::new();
        self.accepted_series(|key, series| {
            for histogram in &series.histograms {
                let known: &mut Histogram = last.entry(key.clone()).or_default();
                if histogram.timestamp >= known.timestamp {
                    *known = histogram.clone();
                }
            }
        });
        last
    }

    /// The labels of a series that no store has to take.
    pub fn malformed_labels(&self) -> Option<MalformedLabels> {
        let requests = self.requests();
        let mut series = requests.iter().flat_map(|request| &request.series);
        series.find_map(|series| series.label_set().err())
    }

    fn accepted_series(&self, mut each: impl FnMut((Option<String>, Labels), &TimeSeries)) {
        for request in self.requests().iter().filter(|request| request.accepted) {
            for series in &request.series {
                each((request.tenant().map(str::to_owned), labels_of(series)), series);
            }
        }
    }
}

impl Drop for RemoteWriteReceiver {
    fn drop(&mut self) {
        self.refuse_connections();
    }
}

fn labels_of(series: &TimeSeries) -> Labels {
    series.label_set().expect("labels are well formed")
}

fn serve(address: SocketAddr, shared: Arc<Shared>, started: &mpsc::Sender<ServerHandle>) {
    actix_web::rt::System::new().block_on(async move {
        let shared = web::Data::from(shared);
        let app = move || {
            App::new()
                .app_data(shared.clone())
                .app_data(web::PayloadConfig::new(64 << 20))
                .route("/api/v1/push", web::post().to(push))
                .route("/moved/push", web::post().to(take))
        };
        let server = HttpServer::new(app)
            .workers(1)
            .disable_signals()
            .bind(address)
            .expect("port is free");
        let running = server.run();
        started.send(running.handle()).expect("test waits");
        running.await.expect("receiver runs");
    });
}

async fn push(request: HttpRequest, body: Bytes, shared: web::Data<Shared>) -> HttpResponse {
    let behaviour = *shared.behaviour.lock().unwrap();
    let mut received = decode(&request, &body, false);
    if let Behaviour::SlowAndInOrder(pause) = behaviour
        && shared.arrived.fetch_add(1, Ordering::Relaxed) % 2 == 1
    {
        actix_web::rt::time::sleep(pause).await;
    }
    let accepted = behaviour.takes(&received.series)
        && !(matches!(behaviour, Behaviour::SlowAndInOrder(_)) && shared.has_newer_than(&received.series));
    received.accepted = accepted;
    shared.requests.lock().unwrap().push(received);
    match behaviour {
        _ if accepted => HttpResponse::NoContent().finish(),
        Behaviour::Accept => HttpResponse::InternalServerError().finish(),
        Behaviour::SlowAndInOrder(_) => HttpResponse::BadRequest().body("out of order sample"),
        Behaviour::Answer(status) | Behaviour::AnswerZeros(status) => {
            HttpResponse::build(StatusCode::from_u16(status).unwrap()).body("told to answer this")
        }
        Behaviour::TooMany(seconds) => HttpResponse::TooManyRequests()
            .insert_header((RETRY_AFTER, seconds))
            .finish(),
        Behaviour::Redirect(status) => HttpResponse::build(StatusCode::from_u16(status).unwrap())
            .insert_header((LOCATION, "/moved/push"))
            .finish(),
        Behaviour::Hang | Behaviour::HangOnZeros => std::future::pending().await,
    }
}

/// Where redirects lead.
async fn take(request: HttpRequest, body: Bytes, shared: web::Data<Shared>) -> HttpResponse {
    let received = decode(&request, &body, true);
    shared.requests.lock().unwrap().push(received);
    HttpResponse::NoContent().finish()
}

fn decode(request: &HttpRequest, body: &[u8], accepted: bool) -> ReceivedRequest {
    let series = WriteRequest::from_body(body)
        .expect("body is a write request")
        .timeseries;
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let headers = request
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes())));
    ReceivedRequest {
        headers: headers.collect(),
        series,
        accepted,
    }
}

#[test]
fn the_receiver_remembers_what_it_took_and_listens_again_on_the_same_address() {
    let mut receiver = RemoteWriteReceiver::start();
    let request = WriteRequest {
        timeseries: vec![TimeSeries::with_sample(&[("__name__", "a")], 1.0, 7)],
        ..WriteRequest::default()
    };
    let body = request.to_body().unwrap();
    let post = |url: String| {
        reqwest::blocking::Client::new()
            .post(url)
            .body(body.clone())
            .send()
    };
    assert_eq!(post(receiver.url()).unwrap().status(), 204);
    receiver.behave(Behaviour::TooMany(3));
    assert_eq!(post(receiver.url()).unwrap().headers()["retry-after"], "3");
    receiver.refuse_connections();
    until("connections are refused", Duration::from_secs(5), || {
        match post(receiver.url()) {
            Ok(_) => Err("it answers"),
            Err(_) => Ok(()),
        }
    });
    receiver.listen();
    receiver.behave(Behaviour::Accept);
    assert_eq!(post(receiver.url()).unwrap().status(), 204);
    assert_eq!(receiver.requests().len(), 3);
    assert_eq!(
        receiver
            .samples()
            .into_values()
            .map(|samples| samples.len())
            .collect::<Vec<_>>(),
        [2]
    );
}
