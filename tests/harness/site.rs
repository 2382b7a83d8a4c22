//! A site of one page and one script, so that browsers send from another origin.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// A site that is served until the test process ends.
pub struct Site {
    port: u16,
}

impl Site {
    /// Serves a page that loads `script` on a free port.
    pub fn start(script: Vec<u8>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let port = listener.local_addr().expect("it listens").port();
        let script = Arc::new(script);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let script = Arc::clone(&script);
                // Browsers open connections that they do not use at once.
                thread::spawn(move || answer(stream, &script));
            }
        });
        Self { port }
    }

    /// Its origin, which is the URL of its page, too.
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its origin with a `*` for a part of the host.
    pub fn wildcard_origin(&self) -> String {
        format!("http://127.*.1:{}", self.port)
    }
}

const PAGE: &[u8] = b"<!doctype html><html><head><link rel=icon href=data:,><title>site</title>\
<script src=/script.js></script></head><body></body></html>";

/// Answers one request; whoever hangs up early gets nothing.
fn answer(mut stream: TcpStream, script: &[u8]) {
    drop(stream.set_read_timeout(Some(Duration::from_secs(10))));
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    let (media_type, body) = if head.starts_with(b"GET /script.js ") {
        ("text/javascript", script)
    } else {
        ("text/html", PAGE)
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {media_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    drop(
        stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(body)),
    );
    drop(stream.shutdown(Shutdown::Write));
}
