//! Reads the members of a gzip body, or the frames of a Zstandard one, as one text; only so many of them.

use std::io::{self, Read};

use flate2::bufread::GzDecoder;
use zstd::stream::read::Decoder;

/// The most members or frames of a body: each costs time however little it holds, and a body of 64 MiB could have millions
/// that are empty. Who compresses side by side makes blocks of 64 KiB or more.
const MOST_MEMBERS: usize = 10_000;

/// Zstandard windows up to 8 MiB, as RFC 9659 asks of `Content-Encoding: zstd`; the decoder allocates that much.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// One member, which is read from the start of a body.
pub trait Member<'b>: Read + Sized {
    /// Begins with the member that `body` starts with.
    ///
    /// # Errors
    /// When no decoder can be had.
    fn begin(body: &'b [u8]) -> io::Result<Self>;

    /// What of the body stands behind the member, once that was read to its end.
    fn rest(self) -> &'b [u8];
}

/// The members of a body, one after the other.
pub struct Members<M> {
    current: Option<M>,
    begun: usize,
}

impl<'b> Members<GzDecoder<&'b [u8]>> {
    /// The members of a gzip body.
    pub fn gzip(body: &'b [u8]) -> Self {
        Self::beginning_with(GzDecoder::new(body))
    }
}

impl<'b> Members<Decoder<'static, &'b [u8]>> {
    /// The frames of a Zstandard body, of which `first` is the first.
    pub fn zstd(first: Decoder<'static, &'b [u8]>) -> Self {
        Self::beginning_with(first)
    }
}

impl<M> Members<M> {
    fn beginning_with(first: M) -> Self {
        Self {
            current: Some(first),
            begun: 1,
        }
    }

    fn count_one_more(&mut self) -> io::Result<()> {
        if self.begun == MOST_MEMBERS {
            return Err(io::Error::other(format!(
                "it has more than {MOST_MEMBERS} members or frames, send it as one"
            )));
        }
        self.begun += 1;
        Ok(())
    }
}

impl<'b, M: Member<'b>> Read for Members<M> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.current {
            let read = member.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let rest = self.current.take().map_or(&[][..], M::rest);
            if !rest.is_empty() {
                self.count_one_more()?;
                self.current = Some(M::begin(rest)?);
            }
        }
        Ok(0)
    }
}

impl<'b> Member<'b> for GzDecoder<&'b [u8]> {
    fn begin(body: &'b [u8]) -> io::Result<Self> {
        Ok(Self::new(body))
    }

    fn rest(self) -> &'b [u8] {
        self.into_inner()
    }
}

impl<'b> Member<'b> for Decoder<'static, &'b [u8]> {
    fn begin(body: &'b [u8]) -> io::Result<Self> {
        zstd_frame(body)
    }

    fn rest(self) -> &'b [u8] {
        self.finish()
    }
}

/// A decoder of the frame that `body` starts with.
///
/// # Errors
/// When no decoder can be had.
pub fn zstd_frame(body: &[u8]) -> io::Result<Decoder<'static, &[u8]>> {
    let mut decoder = Decoder::with_buffer(body)?.single_frame();
    decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
    Ok(decoder)
}
