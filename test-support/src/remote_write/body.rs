//! The body of a request: a message, compressed as one block of snappy.

use prost::Message as _;

use super::WriteRequest;

/// The most bytes that a body may have when it is decompressed.
pub const MAX_PLAIN_BYTES: usize = 64 << 20;

/// Why a body is no request.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// It is no block of snappy.
    #[error("the body is not in snappy's block format: {0}")]
    Snappy(#[from] snap::Error),
    /// It says that it has more bytes than [`MAX_PLAIN_BYTES`].
    #[error("the body has {0} bytes when it is decompressed, more than {MAX_PLAIN_BYTES}")]
    TooLarge(usize),
    /// What was compressed is no message.
    #[error("the body is not a write request: {0}")]
    Message(#[from] prost::DecodeError),
}

impl WriteRequest {
    /// Reads a request's body.
    ///
    /// # Errors
    /// When it is not compressed with snappy, too large, or no message.
    pub fn from_body(body: &[u8]) -> Result<Self, BodyError> {
        let plain_bytes = snap::raw::decompress_len(body)?;
        if plain_bytes > MAX_PLAIN_BYTES {
            return Err(BodyError::TooLarge(plain_bytes));
        }
        let plain = snap::raw::Decoder::new().decompress_vec(body)?;
        Ok(Self::decode(plain.as_slice())?)
    }

    /// Writes a request's body.
    ///
    /// # Errors
    /// When the message has 4 GiB or more.
    pub fn to_body(&self) -> Result<Vec<u8>, snap::Error> {
        snap::raw::Encoder::new().compress_vec(&self.encode_to_vec())
    }
}
