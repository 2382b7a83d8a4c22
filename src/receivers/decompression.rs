//! Decompresses bodies, never into more bytes than allowed and never for long on a thread that serves others.

use std::io::{self, Read};

use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use spangraph_actors::intake::Refusal;

use super::answers::Rejection;

/// Bodies with more bytes than this are worked on by a thread that may block.
pub const MAX_INLINE_BYTES: usize = 256 * 1024;

/// Compressed bodies up to this size are tried at once: most stay below [`MAX_INLINE_BYTES`].
const MAX_INLINE_COMPRESSED_BYTES: usize = 32 * 1024;

/// Zstandard windows up to 8 MiB, as RFC 9659 asks of `Content-Encoding: zstd`; the decoder allocates that much.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

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

    fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

/// The plain bytes of `body`, at most `limit`.
///
/// # Errors
/// When the body is corrupt, or has more than `limit` bytes; then not more than `limit` were ever held.
pub async fn decompress(body: Bytes, encoding: Encoding, limit: usize) -> Result<Bytes, Rejection> {
    if encoding == Encoding::Identity {
        return Ok(body);
    }
    if body.len() <= MAX_INLINE_COMPRESSED_BYTES {
        match inflate(&body, encoding, limit.min(MAX_INLINE_BYTES)) {
            Err(Rejection::TooLarge { .. }) if limit > MAX_INLINE_BYTES => {}
            outcome => return outcome,
        }
    }
    on_blocking_thread(move || inflate(&body, encoding, limit)).await
}

/// Runs `work` where it stalls nobody.
///
/// # Errors
/// Those of `work`; [`Refusal::Broken`] when it panicked, [`Refusal::ShuttingDown`] when it was never run.
pub async fn on_blocking_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Rejection> + Send + 'static,
) -> Result<T, Rejection> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(error) if error.is_cancelled() => Err(Refusal::ShuttingDown.into()),
        Err(_) => Err(Refusal::Broken.into()),
    }
}

fn inflate(body: &[u8], encoding: Encoding, limit: usize) -> Result<Bytes, Rejection> {
    let likely = body.len().saturating_mul(4);
    let outcome = match encoding {
        Encoding::Identity => read_up_to(body, likely, limit),
        Encoding::Gzip => read_up_to(MultiGzDecoder::new(body), likely, limit),
        Encoding::Zstd => zstd_decoder(body).and_then(|decoder| read_up_to(decoder, likely, limit)),
    };
    match outcome {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(Rejection::TooLarge { limit }),
        Err(error) => Err(Rejection::Corrupted {
            encoding: encoding.name(),
            reason: error.to_string(),
        }),
    }
}

fn zstd_decoder(body: &[u8]) -> io::Result<zstd::stream::read::Decoder<'static, &[u8]>> {
    let mut decoder = zstd::stream::read::Decoder::with_buffer(body)?;
    decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
    Ok(decoder)
}

/// All of `reader`, or `None` when that is more than `limit` bytes.
fn read_up_to(mut reader: impl Read, likely: usize, limit: usize) -> io::Result<Option<Bytes>> {
    let mut bytes = Vec::new();
    let mut wanted = likely.max(1);
    loop {
        bytes.reserve_exact(wanted.min(limit - bytes.len()));
        let free = bytes.capacity().min(limit) - bytes.len();
        let read = reader.by_ref().take(free as u64).read_to_end(&mut bytes)?;
        if read < free {
            bytes.shrink_to_fit();
            return Ok(Some(bytes.into()));
        }
        if bytes.len() >= limit {
            let more = reader.read(&mut [0])? > 0;
            return Ok((!more).then(|| bytes.into()));
        }
        wanted = bytes.len();
    }
}

#[cfg(test)]
mod tests;
