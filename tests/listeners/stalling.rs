//! Connections that begin something and do not go on with it are closed, and their places are free again.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::otlp::{GrpcSender, Sender as _};
use crate::harness::spans::pair;
use crate::harness::{ServerConfig, until};

/// HTTP/2's preface, and the settings that follow it.
const OPENING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// What a listener waits for, twice: for first bytes, and for the rest of them; and room for slow machines.
const PATIENCE: Duration = Duration::from_secs(30);

const PLACES: usize = 3;

#[test]
fn who_begins_http2_and_does_not_go_on_takes_no_place_for_long() {
    let places = json!({ "spangraph": { "receivers": { "max_connections": PLACES } } });
    let server = ServerConfig::new().with(&places).start();
    let begun = |length: usize| {
        let mut stream = TcpStream::connect(("127.0.0.1", server.ports.grpc)).unwrap();
        stream.write_all(&OPENING[..length]).unwrap();
        stream
    };
    // A part of the preface, all of it, and a part of the settings.
    let mut stalling = [10, 24, 26].map(begun);
    assert_eq!(stalling.len(), PLACES);
    until("a sender finds a place", PATIENCE, || {
        GrpcSender::try_connect(&server.otlp_grpc()).map(|mut sender| sender.deliver(pair(1)))
    });
    for stream in &mut stalling {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let ended = stream.read_to_end(&mut Vec::new());
        assert!(ended.as_ref().map_err(|error| error.kind()) != Err(std::io::ErrorKind::WouldBlock));
    }
}

#[test]
fn a_head_that_does_not_end_closes_the_connection_the_second_time_too() {
    let server = ServerConfig::new().start();
    for (port, path) in [
        (server.ports.http, "/v1/traces"),
        (server.ports.pages, "/healthz"),
    ] {
        for answered in [0, 1] {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            for _ in 0..answered {
                write!(stream, "HEAD {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").unwrap();
                assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
            }
            write!(stream, "GET {path} HTTP/1.1\r\nHost: 127").unwrap();
            let began = Instant::now();
            let ended = stream.read_to_end(&mut Vec::new());
            assert!(
                ended.is_ok() && began.elapsed() < PATIENCE,
                "{path} after {answered}: {ended:?} after {:?}",
                began.elapsed()
            );
        }
    }
}
