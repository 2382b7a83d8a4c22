//! Decompresses bodies, never into more bytes than allowed and never for long on a thread that serves others.

mod plain_buffers;
mod single_member;

use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::sync::LazyLock;

use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use plain_buffers::PlainBuffer;
use spangraph_actors::admission::{Refusal, Room};
use tokio::sync::Semaphore;
use zstd::stream::read::Decoder;

use super::answers::Rejection;
use super::body_buffer::AdmittedBody;

/// Bodies with more bytes than this are worked on by a thread that may block.
pub const MAX_INLINE_BYTES: usize = 256 * 1024;

/// Compressed bodies up to this size are tried at once: most stay below [`MAX_INLINE_BYTES`].
const MAX_INLINE_COMPRESSED_BYTES: usize = 32 * 1024;

/// Zstandard windows up to 8 MiB, as RFC 9659 asks of `Content-Encoding: zstd`; the decoder allocates that much.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// Large bodies that are worked on at one time: more would be no faster, and the windows of their decoders, up to 8 MiB
/// each, are memory that the gate does not count.
static WORKERS: LazyLock<Semaphore> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    Semaphore::new(2 * cores)
});

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Not at all.
    Identity,
    /// gzip (RFC 1952), of one or more members.
    Gzip,
    /// Zstandard (RFC 8878), of one or more frames.
    Zstd,
}

impl Encoding {
    /// What `Content-Encoding` or `grpc-encoding` names; case does not matter (RFC 9110, 8.4.1).
    ///
    /// # Errors
    /// When we cannot decompress it.
    pub fn parse(name: &[u8]) -> Result<Self, Rejection> {
        match name.trim_ascii().to_ascii_lowercase().as_slice() {
            b"" | b"identity" => Ok(Self::Identity),
            b"gzip" | b"x-gzip" => Ok(Self::Gzip),
            b"zstd" => Ok(Self::Zstd),
            _ => Err(Rejection::UnsupportedEncoding(
                String::from_utf8_lossy(name).into_owned(),
            )),
        }
    }

    /// How many plain bytes a body of `bytes` bytes has at the least: what an encoder adds to bytes that it cannot
    /// compress is a header, and a few bytes for each block of them.
    #[must_use]
    pub fn certain_bytes(self, bytes: usize) -> usize {
        match self {
            Self::Identity => bytes,
            Self::Gzip | Self::Zstd => bytes.saturating_sub(bytes / 256 + 128),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

/// The plain bytes of `body`, at most `limit`; its room is then theirs instead of the body's.
///
/// # Errors
/// When the body is corrupt, has more than `limit` bytes, or finds no room; then not more were ever held.
pub async fn decompress(
    body: AdmittedBody,
    encoding: Encoding,
    limit: usize,
) -> Result<AdmittedBody, Rejection> {
    if encoding == Encoding::Identity {
        return Ok(body);
    }
    let AdmittedBody { bytes, mut room } = body;
    if bytes.len() <= MAX_INLINE_COMPRESSED_BYTES {
        match inflate(&bytes, encoding, limit.min(MAX_INLINE_BYTES), &mut room) {
            Err(Rejection::TooLarge { .. }) if limit > MAX_INLINE_BYTES => {}
            outcome => return outcome.map(|bytes| AdmittedBody { bytes, room }),
        }
    }
    on_blocking_thread(move || decompress_here(AdmittedBody { bytes, room }, encoding, limit)).await
}

/// As [`decompress`], on this thread, which may take its time.
///
/// # Errors
/// As [`decompress`].
pub fn decompress_here(
    body: AdmittedBody,
    encoding: Encoding,
    limit: usize,
) -> Result<AdmittedBody, Rejection> {
    if encoding == Encoding::Identity {
        return Ok(body);
    }
    let AdmittedBody { bytes, mut room } = body;
    let bytes = inflate(&bytes, encoding, limit, &mut room)?;
    Ok(AdmittedBody { bytes, room })
}

/// Runs `work` where it stalls nobody, once few enough others are under way.
///
/// # Errors
/// Those of `work`; [`Refusal::Broken`] when it panicked, [`Refusal::ShuttingDown`] when it was never run.
pub async fn on_blocking_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Rejection> + Send + 'static,
) -> Result<T, Rejection> {
    let turn = WORKERS.acquire().await.map_err(|_| Refusal::Broken)?;
    let work = move || {
        let _turn = turn;
        work()
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(error) if error.is_cancelled() => Err(Refusal::ShuttingDown.into()),
        Err(_) => Err(Refusal::Broken.into()),
    }
}

/// The plain bytes; `held` is then their room in place of that of `body`, or that of `body` on failure.
fn inflate(body: &[u8], encoding: Encoding, limit: usize, held: &mut Room) -> Result<Bytes, Rejection> {
    let mut room = GrowingRoom { held, taken: 0 };
    let likely = body.len().saturating_mul(4);
    let outcome = match encoding {
        Encoding::Identity => read_up_to(body, likely, limit, &mut room),
        Encoding::Gzip => match single_member::inflate(body, limit, &mut room) {
            Some(outcome) => outcome,
            None => read_up_to(MultiGzDecoder::new(body), likely, limit, &mut room),
        },
        Encoding::Zstd => frames(body)
            .map_err(Stop::Corrupt)
            .and_then(|frames| read_up_to(frames, likely, limit, &mut room)),
    };
    match outcome {
        Ok(bytes) => {
            room.settle(body.len(), bytes.len());
            Ok(bytes)
        }
        Err(stop) => {
            room.give_back();
            Err(stop.rejection(encoding, limit))
        }
    }
}

/// Reads the frames of a Zstandard body as one text, with one decoder: that of a frame takes longer to make than most
/// frames take to read, and a body can have millions of them.
fn frames(body: &[u8]) -> io::Result<Decoder<'static, &[u8]>> {
    let mut decoder = Decoder::with_buffer(body)?;
    decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
    Ok(decoder)
}

/// Why decompression stopped before the end.
enum Stop {
    /// The bytes are no such encoding.
    Corrupt(io::Error),
    /// There are more plain bytes than allowed.
    LimitReached,
    /// The gate has no room for more.
    Refused(Refusal),
}

impl Stop {
    fn rejection(self, encoding: Encoding, limit: usize) -> Rejection {
        match self {
            Self::LimitReached => Rejection::TooLarge { limit },
            Self::Refused(refusal) => refusal.into(),
            Self::Corrupt(error) => Rejection::Corrupted {
                encoding: encoding.name(),
                reason: error.to_string(),
            },
        }
    }
}

/// The room that plain bytes take of the gate while they grow.
struct GrowingRoom<'a> {
    held: &'a mut Room,
    taken: usize,
}

impl GrowingRoom<'_> {
    fn add(&mut self, bytes: usize) -> Result<(), Stop> {
        self.held.add_bytes(bytes).map_err(Stop::Refused)?;
        self.taken += bytes;
        Ok(())
    }

    /// The body of `compressed` bytes is about to go, and `plain` bytes of what was taken are used.
    fn settle(self, compressed: usize, plain: usize) {
        self.held
            .remove_bytes(compressed + self.taken.saturating_sub(plain));
    }

    /// So many bytes are not needed after all.
    fn take_back(&mut self, bytes: usize) {
        self.held.remove_bytes(bytes);
        self.taken -= bytes.min(self.taken);
    }

    fn give_back(self) {
        self.held.remove_bytes(self.taken);
    }
}

/// All of `reader`, when that is at most `limit` bytes and `room` has them.
fn read_up_to(
    mut reader: impl Read,
    likely: usize,
    limit: usize,
    room: &mut GrowingRoom<'_>,
) -> Result<Bytes, Stop> {
    let (mut plain, mut length) = (PlainBuffer::new(0), 0);
    let mut wanted = likely.max(1);
    loop {
        let more = wanted.min(limit - length);
        room.add(more)?;
        plain = plain.grown(length, length + more);
        let read = fill(&mut reader, plain.after(length)).map_err(Stop::Corrupt)?;
        length += read;
        if read < more {
            return Ok(plain.into_first(length));
        }
        if length >= limit {
            let ends = reader.read(&mut [0]).map_err(Stop::Corrupt)? == 0;
            return if ends {
                Ok(plain.into_first(length))
            } else {
                Err(Stop::LimitReached)
            };
        }
        wanted = length;
    }
}

/// Reads until `buffer` is full or `reader` ends; how many bytes it gave.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests;
