//! Turns away connections that speak another protocol than their listener, and says which port they should use.

mod answer;
mod mismatches;
mod spoken;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

use crate::listener::Listener;
use crate::tls::{Handshake, TlsAcceptor, TlsMetrics};
pub use mismatches::ProtocolMismatches;
pub use spoken::Spoken;

/// A connection that does not say anything for so long after it was made is closed.
pub const FIRST_BYTES_TIMEOUT: Duration = Duration::from_secs(10);

/// How much of a TLS connection is read ahead: enough to tell protocols apart, and less than any request has, so that
/// requests are read into where they belong.
const READ_AHEAD: usize = 32;

/// A connection within TLS whose first bytes may have been looked at.
pub type SecureStream = BufReader<TlsStream<TcpStream>>;

/// Looks at what the connections of one listener speak before they are served.
#[derive(Clone, Debug)]
pub struct ProtocolCheck {
    listener: Listener,
    mismatches: ProtocolMismatches,
    tls: Option<TlsMetrics>,
}

impl ProtocolCheck {
    /// A check of `listener`, whose handshakes count in `tls` when it speaks TLS.
    #[must_use]
    pub fn new(listener: Listener, mismatches: ProtocolMismatches, tls: Option<TlsMetrics>) -> Self {
        Self {
            listener,
            mismatches,
            tls,
        }
    }

    /// `stream`, once it has said what this listener speaks; else it is answered, counted and closed.
    ///
    /// What speaks nothing that is known is left to HTTP/1 and to the handshake, which have an answer for that.
    pub async fn of(&self, stream: TcpStream) -> Option<TcpStream> {
        let _ = stream.set_nodelay(true);
        let spoken = first_bytes(&stream).await?;
        let expected = self.expected();
        match spoken {
            None => return Some(stream),
            Some(spoken) if spoken == expected => return Some(stream),
            Some(spoken) => {
                let told = self
                    .mismatches
                    .note(self.listener, spoken, stream.peer_addr().ok());
                if spoken == Spoken::Unknown && expected != Spoken::Http2 {
                    return Some(stream);
                }
                if let Some(tls) = &self.tls {
                    tls.count_handshake(self.listener, Handshake::PlainText);
                }
                Box::pin(answer::turn_away(stream, spoken, &told)).await;
            }
        }
        None
    }

    /// `stream` after its handshake, when it speaks there what this listener speaks; else as [`Self::of`].
    pub async fn secure(&self, tls: &TlsAcceptor, stream: TcpStream) -> io::Result<Option<SecureStream>> {
        let peer = stream.peer_addr().ok();
        let stream = tls.accept(stream).await.inspect_err(|error| {
            if is_without_common_protocol(error) {
                self.mismatches.note(self.listener, self.other(), peer);
            }
        })?;
        // Who agreed on a protocol speaks it.
        let has_agreed = stream.get_ref().1.alpn_protocol().is_some();
        let stream = BufReader::with_capacity(READ_AHEAD, stream);
        Ok(if has_agreed {
            Some(stream)
        } else {
            self.of_secure(stream, peer).await
        })
    }

    async fn of_secure<T>(&self, mut stream: BufReader<T>, peer: Option<SocketAddr>) -> Option<BufReader<T>>
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let first = timeout(FIRST_BYTES_TIMEOUT, stream.fill_buf()).await;
        let spoken = Spoken::of(first.ok()?.ok()?);
        if spoken == Some(self.other()) {
            let told = self.mismatches.note(self.listener, self.other(), peer);
            Box::pin(answer::turn_away(stream, self.other(), &told)).await;
            return None;
        }
        Some(stream)
    }

    /// What this listener's connections begin with.
    fn expected(&self) -> Spoken {
        match (&self.tls, self.listener) {
            (Some(_), _) => Spoken::Tls,
            (None, Listener::Grpc) => Spoken::Http2,
            (None, Listener::Http | Listener::Pages) => Spoken::Http1,
        }
    }

    /// The version of HTTP that this listener does not speak.
    fn other(&self) -> Spoken {
        match self.listener {
            Listener::Grpc => Spoken::Http1,
            Listener::Http | Listener::Pages => Spoken::Http2,
        }
    }
}

/// What `stream` speaks, without taking it from there: `None` when it does not say anything, `Some(None)` when it says
/// too little to tell.
async fn first_bytes(stream: &TcpStream) -> Option<Option<Spoken>> {
    let mut bytes = [0; READ_AHEAD];
    let peeked = timeout(FIRST_BYTES_TIMEOUT, stream.peek(&mut bytes)).await;
    let length = peeked.ok()?.ok().filter(|length| *length > 0)?;
    Some(Spoken::of(bytes.get(..length)?))
}

fn is_without_common_protocol(error: &io::Error) -> bool {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref());
    matches!(cause, Some(rustls::Error::NoApplicationProtocol))
}

#[cfg(test)]
mod tests;
