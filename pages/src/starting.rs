//! What is answered while the server reads what an earlier process left, before there is anything for pages to tell.

use std::net::TcpListener;

use actix_web::dev::ServerHandle;
use actix_web::http::header;
use actix_web::{App, HttpResponse, web};
use spangraph_config::ServerSettings;
use spangraph_serving::http_server::{self, Greeting, NO_HOOKS};
use spangraph_serving::listener::Listener;
use spangraph_serving::protocols::{ProtocolCheck, ProtocolMismatches};
use spangraph_serving::tls::TlsMetrics;

use crate::server::{HTTP_OPTIONS, StartError, protective_headers, tls_of};
use crate::{PLAIN_TEXT, health};

/// Answers in the place of the pages, on a thread of its own, until it is closed.
#[derive(Debug)]
pub struct StartingPages(ServerHandle);

impl StartingPages {
    /// Answers what comes to `listener`, which the pages get later: `/healthz` as they do, all else with 503. What is
    /// counted of connections begins with the pages.
    ///
    /// Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// When the certificates cannot be used, or the listener cannot be served.
    pub fn open(settings: &ServerSettings, listener: &TcpListener) -> Result<Self, StartError> {
        let tls = tls_of(settings, &TlsMetrics::default())?;
        let check = ProtocolCheck::new(Listener::Pages, ProtocolMismatches::default(), None);
        let app = || {
            App::new()
                .wrap(protective_headers())
                .service(crate::resource("/healthz", health::healthy))
                .default_service(web::to(not_yet))
        };
        let (greeting, listener) = (Greeting { check, tls }, listener.try_clone()?);
        let server = http_server::serve(greeting, listener, HTTP_OPTIONS, app, NO_HOOKS)?;
        let handle = server.handle();
        actix_rt::spawn(server);
        Ok(Self(handle))
    }

    /// Answers nobody any more: who comes from now on waits for the pages.
    pub async fn close(self) {
        self.0.stop(false).await;
    }
}

async fn not_yet() -> HttpResponse {
    HttpResponse::ServiceUnavailable()
        .content_type(PLAIN_TEXT)
        .insert_header((header::RETRY_AFTER, "1"))
        .body("not ready: reading the state and the log that an earlier process left\n")
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{SocketAddr, TcpStream};

    use actix_rt::task::spawn_blocking;
    use spangraph_config::Config;

    use super::*;

    async fn get(address: SocketAddr, path: &'static str) -> String {
        let asked = spawn_blocking(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        });
        asked.await.unwrap()
    }

    #[actix_rt::test]
    async fn it_says_what_is_read_and_leaves_its_listener_to_the_pages() {
        let settings = Config::from_yaml("").unwrap().server();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        for _ in 0..2 {
            let pages = StartingPages::open(&settings, &listener).unwrap();
            let ready = get(address, "/ready").await;
            assert!(ready.starts_with("HTTP/1.1 503 "), "{ready}");
            assert!(ready.contains("reading the state and the log"), "{ready}");
            assert!(get(address, "/").await.starts_with("HTTP/1.1 503 "));
            assert!(get(address, "/healthz").await.starts_with("HTTP/1.1 200 "));
            pages.close().await;
        }
    }
}
