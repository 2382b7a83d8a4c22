//! Reads the one message of a unary gRPC request: a byte that says whether it is compressed, its length, itself.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Body;
use spangraph_actors::gate::Permit;

use crate::receivers::answers::Rejection;
use crate::receivers::body_buffer::{AdmittedBody, BodyBuffer};
use crate::receivers::decompression::{Encoding, decompress};

/// The bytes before a message.
const PREFIX_BYTES: usize = 5;

/// What a message may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct MessageLimits {
    /// The most bytes, before and after decompression.
    pub max_bytes: usize,
    /// How long it may take to arrive.
    pub timeout: Duration,
}

/// The message in `body`, plain; `encoding` is what the headers say of compressed ones.
///
/// # Errors
/// When there is not exactly one message, when it is too large, corrupt, or takes too long.
pub(super) async fn read_message<B>(
    body: B,
    encoding: Encoding,
    limits: MessageLimits,
    permit: Permit,
) -> Result<AdmittedBody, Rejection>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::error::Error,
{
    let arrival = tokio::time::timeout(limits.timeout, collect(body, limits.max_bytes, permit));
    let AdmittedBody {
        bytes: framed,
        permit,
    } = arrival.await.map_err(|_| Rejection::Timeout(limits.timeout))??;
    let prefix = framed
        .first_chunk()
        .ok_or_else(|| malformed("it holds no message"))?;
    let Prefix {
        is_compressed,
        length,
    } = Prefix::parse(*prefix)?;
    let message = framed.slice(PREFIX_BYTES..);
    if message.len() != length {
        return Err(malformed("it does not hold exactly one message"));
    }
    let message = AdmittedBody {
        bytes: message,
        permit,
    };
    match (is_compressed, encoding) {
        (false, _) => Ok(message),
        (true, Encoding::Identity) => Err(malformed(
            "its message is compressed, but grpc-encoding is missing",
        )),
        (true, encoding) => decompress(message, encoding, limits.max_bytes).await,
    }
}

struct Prefix {
    is_compressed: bool,
    length: usize,
}

impl Prefix {
    fn parse([flag, length @ ..]: [u8; PREFIX_BYTES]) -> Result<Self, Rejection> {
        let is_compressed = match flag {
            0 => false,
            1 => true,
            _ => return Err(malformed("its compressed-flag is neither 0 nor 1")),
        };
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        Ok(Self {
            is_compressed,
            length,
        })
    }
}

/// All of `body`; ends early when the prefix announces more than `max_bytes`, or more come than announced.
async fn collect<B>(mut body: B, max_bytes: usize, mut permit: Permit) -> Result<AdmittedBody, Rejection>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::error::Error,
{
    let mut prefix: Option<[u8; PREFIX_BYTES]> = None;
    let mut buffer = BodyBuffer::new(max_bytes.saturating_add(PREFIX_BYTES));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| malformed(&format!("it broke off: {error}")))?;
        let Ok(chunk) = frame.into_data() else { continue };
        permit.add_bytes(chunk.len())?;
        buffer
            .push(chunk)
            .map_err(|_| Rejection::TooLarge { limit: max_bytes })?;
        if prefix.is_none() {
            prefix = buffer.prefix();
            let announced = prefix
                .map(Prefix::parse)
                .transpose()?
                .map_or(0, |prefix| prefix.length);
            if announced > max_bytes {
                return Err(Rejection::TooLarge { limit: max_bytes });
            }
            let framed = announced.saturating_add(PREFIX_BYTES);
            permit.announce(framed)?;
            buffer.announce(framed);
        }
    }
    Ok(AdmittedBody {
        bytes: buffer.finish(),
        permit,
    })
}

fn malformed(reason: &str) -> Rejection {
    Rejection::BadTransfer(reason.to_owned())
}
