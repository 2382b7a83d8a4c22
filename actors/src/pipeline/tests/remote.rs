//! A remote-write endpoint for tests of the whole pipeline.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, web};
use spangraph_config::{QueueSettings, RemoteWriteEndpoint, TlsClientSettings};
use spangraph_test_support::remote_write::WriteRequest;

/// A remote-write endpoint that takes everything, unless it is away.
pub struct Remote {
    /// To be put into a tenant's settings.
    pub endpoint: RemoteWriteEndpoint,
    requests: Arc<Mutex<Vec<WriteRequest>>>,
    is_away: Arc<AtomicBool>,
}

impl Remote {
    /// Starts one on a free port.
    pub fn start() -> Self {
        let requests: Arc<Mutex<Vec<WriteRequest>>> = Arc::default();
        let taken = Arc::clone(&requests);
        let is_away: Arc<AtomicBool> = Arc::default();
        let away = Arc::clone(&is_away);
        let server = HttpServer::new(move || {
            let (taken, away) = (Arc::clone(&taken), Arc::clone(&away));
            let take = move |body: web::Bytes| {
                if away.load(Ordering::Relaxed) {
                    return std::future::ready(HttpResponse::ServiceUnavailable().finish());
                }
                let request = WriteRequest::from_body(&body).unwrap();
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
            is_away,
        }
    }

    /// Answers 503 from now on, or takes everything again.
    pub fn set_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::Relaxed);
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
