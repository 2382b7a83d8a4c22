//! A remote-write endpoint for tests of the whole pipeline.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, web};
use spangraph_config::{QueueSettings, RemoteWriteEndpoint, TlsClientSettings};

/// A remote-write endpoint that takes everything.
pub struct Remote {
    /// To be put into a tenant's settings.
    pub endpoint: RemoteWriteEndpoint,
    bodies: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Remote {
    /// Starts one on a free port.
    pub fn start() -> Self {
        let bodies: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
        let taken = Arc::clone(&bodies);
        let server = HttpServer::new(move || {
            let taken = Arc::clone(&taken);
            let take = move |body: web::Bytes| {
                taken
                    .lock()
                    .unwrap()
                    .push(snap::raw::Decoder::new().decompress_vec(&body).unwrap());
                std::future::ready(HttpResponse::NoContent().finish())
            };
            App::new().route("/write", web::post().to(take))
        });
        let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/write", server.addrs()[0]);
        actix_rt::spawn(server.run());
        Self {
            endpoint: endpoint(url),
            bodies,
        }
    }

    /// Whether a request held `text`.
    pub fn has_received(&self, text: &str) -> bool {
        let holds = |body: &Vec<u8>| body.windows(text.len()).any(|window| window == text.as_bytes());
        self.bodies.lock().unwrap().iter().any(holds)
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
