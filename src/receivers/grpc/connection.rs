//! One connection as tonic takes it: it has to begin as HTTP/2 does within some time, and tells when tonic is done with it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use spangraph_serving::protocols::FIRST_BYTES_TIMEOUT;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};
use tokio_util::sync::DropGuard;
use tonic::transport::server::Connected;

use super::health_streams::HealthStreams;

/// What every connection begins with: HTTP/2's preface, and the head of the settings that follow it (RFC 9113, 3.4).
///
/// tonic waits for the preface for ever, and asks whether somebody is there only after it.
const OPENING_BYTES: usize = 24 + 9;

/// A stream of bytes, plain or within TLS.
#[derive(Debug)]
pub(super) struct Connection<T> {
    stream: T,
    opening: Option<Opening>,
    health_streams: HealthStreams,
    _ended: DropGuard,
}

/// What is waited for before anything else.
#[derive(Debug)]
struct Opening {
    missing: usize,
    deadline: Pin<Box<Sleep>>,
}

impl<T> Connection<T> {
    /// `stream`, which fails unless it begins in time; `ended` is dropped with it.
    pub fn new(stream: T, ended: DropGuard) -> Self {
        Self {
            stream,
            opening: Some(Opening {
                missing: OPENING_BYTES,
                deadline: Box::pin(sleep(FIRST_BYTES_TIMEOUT)),
            }),
            health_streams: HealthStreams::default(),
            _ended: ended,
        }
    }
}

/// What requests of this connection share.
impl<T> Connected for Connection<T> {
    type ConnectInfo = HealthStreams;

    fn connect_info(&self) -> HealthStreams {
        self.health_streams.clone()
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Connection<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        let Some(opening) = &mut self.opening else {
            return read;
        };
        if read.is_pending() {
            let deadline = opening.deadline.as_mut().poll(context);
            return deadline.map(|()| Err(io::ErrorKind::TimedOut.into()));
        }
        let arrived = buffer.filled().len() - before;
        opening.missing = opening.missing.saturating_sub(arrived);
        if opening.missing == 0 {
            self.opening = None;
        }
        read
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Connection<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
