//! A remote-write endpoint for tests of the whole pipeline.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, web};
use spangraph_config::{QueueSettings, RemoteWriteEndpoint, TlsClientSettings};
use spangraph_test_support::remote_write::WriteRequest;

/// What an endpoint takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    /// Everything.
    #[default]
    Willing,
    /// Nothing: 503.
    Away,
    /// No request of nothing but zeros: 400.
    WithoutSeeds,
}

/// A remote-write endpoint that takes everything, unless it is told to be in another mood.
pub struct Remote {
    /// To be put into a tenant's settings.
    pub endpoint: RemoteWriteEndpoint,
    requests: Arc<Mutex<Vec<WriteRequest>>>,
    state: Arc<Mutex<(Mood, usize)>>,
}

impl Remote {
    /// Starts one on a free port.
    pub fn start() -> Self {
        let requests: Arc<Mutex<Vec<WriteRequest>>> = Arc::default();
        let taken = Arc::clone(&requests);
        let state: Arc<Mutex<(Mood, usize)>> = Arc::default();
        let asked = Arc::clone(&state);
        let server = HttpServer::new(move || {
            let (taken, asked) = (Arc::clone(&taken), Arc::clone(&asked));
            let take = move |body: web::Bytes| {
                let request = WriteRequest::from_body(&body).unwrap();
                let mut asked = asked.lock().unwrap();
                asked.1 += 1;
                let refused = match asked.0 {
                    Mood::Willing => None,
                    Mood::Away => Some(HttpResponse::ServiceUnavailable()),
                    Mood::WithoutSeeds => is_of_seeds(&request).then(HttpResponse::BadRequest),
                };
                if let Some(mut refused) = refused {
                    return std::future::ready(refused.finish());
                }
                taken.lock().unwrap().push(request);
                std::future::ready(HttpResponse::NoContent().finish())
            };
            App::new().route("/write", web::post().to(take))
        });
        let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/write", server.addrs()[0]);
        actix_rt::spawn(server.run());
        Self {
            endpoint: endpoint(url),
            requests,
            state,
        }
    }

    /// Is in this mood from now on.
    pub fn be(&self, mood: Mood) {
        self.state.lock().unwrap().0 = mood;
    }

    /// How many requests came.
    pub fn requests(&self) -> usize {
        self.state.lock().unwrap().1
    }

    /// The samples of `metric` in the order in which they came, as times and values.
    pub fn samples(&self, metric: &str) -> Vec<(i64, f64)> {
        let requests = self.requests.lock().unwrap();
        let series = requests.iter().flat_map(|request| &request.timeseries);
        let samples = series
            .filter(|series| series.name() == metric)
            .flat_map(|series| &series.samples);
        samples.map(|sample| (sample.timestamp, sample.value)).collect()
    }

    /// Whether a request held a series of `metric`.
    pub fn has_received(&self, metric: &str) -> bool {
        let requests = self.requests.lock().unwrap();
        let mut series = requests.iter().flat_map(|request| &request.timeseries);
        series.any(|series| series.name() == metric)
    }
}

fn is_of_seeds(request: &WriteRequest) -> bool {
    let mut samples = request.timeseries.iter().flat_map(|series| &series.samples);
    samples.all(|sample| sample.value == 0.0)
}

/// An endpoint at `url` with nothing special.
pub fn endpoint(url: String) -> RemoteWriteEndpoint {
    RemoteWriteEndpoint {
        name: "test".to_owned(),
        url: spangraph_config::RemoteUrl::new(url),
        remote_timeout: Duration::from_secs(5),
        headers: std::collections::BTreeMap::new(),
        http_headers: std::collections::BTreeMap::new(),
        basic_auth: None,
        bearer_token: None,
        tls: TlsClientSettings::default(),
        follow_redirects: true,
        send_exemplars: false,
        send_native_histograms: false,
        write_relabel_rules: Vec::new(),
        queue: QueueSettings::default(),
    }
}
