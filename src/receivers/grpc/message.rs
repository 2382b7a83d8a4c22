//! Reads the one message of a unary gRPC request: a byte that says whether it is compressed, its length, itself.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Body;
use spangraph_actors::admission::Room;

use crate::receivers::answers::Rejection;
use crate::receivers::arrival::arrive;
use crate::receivers::body_buffer::{AdmittedBody, BodyBuffer};
use crate::receivers::decompression::Encoding;

/// The bytes before a message.
const PREFIX_BYTES: usize = 5;
const NOT_ONE_MESSAGE: &str = "it does not hold exactly one message";

/// What a message may be.
#[derive(Clone, Copy, Debug)]
pub struct MessageLimits {
    /// The most bytes, as sent.
    pub max_bytes: usize,
    /// How long it may take to arrive.
    pub timeout: Duration,
}

/// A message as it was sent.
#[derive(Debug)]
pub struct Message {
    /// Its bytes.
    pub body: AdmittedBody,
    /// How they are compressed.
    pub encoding: Encoding,
}

/// The message in `body`, and what `charge` took for it; `encoding` is what the headers say of compressed ones.
///
/// `charge` is asked once the length of the message is known, with the plain bytes that it has at the least.
///
/// # Errors
/// When there is not exactly one message, when it is too large, corrupt, or takes too long.
pub async fn read_message<B, C>(
    body: B,
    encoding: Encoding,
    limits: MessageLimits,
    room: Room,
    charge: impl FnOnce(usize) -> Result<C, Rejection>,
) -> Result<(Message, C), Rejection>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::error::Error,
{
    let charge = |prefix: &Prefix| {
        let certain = if prefix.is_compressed {
            encoding.certain_bytes(prefix.length)
        } else {
            prefix.length
        };
        charge(certain)
    };
    let linger = room.linger();
    let arrival = collect(body, limits.max_bytes, room, charge);
    let (framed, charged) = arrive(linger, limits.timeout, arrival).await?;
    let charged = charged.ok_or_else(|| malformed("it holds no message"))?;
    Ok((unframe(framed, encoding)?, charged))
}

/// The message within `framed`.
fn unframe(framed: AdmittedBody, encoding: Encoding) -> Result<Message, Rejection> {
    let AdmittedBody { bytes: framed, room } = framed;
    let prefix = framed
        .first_chunk()
        .ok_or_else(|| malformed("it holds no message"))?;
    let Prefix {
        is_compressed,
        length,
    } = Prefix::parse(*prefix)?;
    let message = framed.slice(PREFIX_BYTES..);
    if message.len() != length {
        return Err(malformed(NOT_ONE_MESSAGE));
    }
    let body = AdmittedBody { bytes: message, room };
    let encoding = match (is_compressed, encoding) {
        (false, _) => Encoding::Identity,
        (true, Encoding::Identity) => {
            return Err(malformed(
                "its message is compressed, but grpc-encoding is missing",
            ));
        }
        (true, encoding) => encoding,
    };
    Ok(Message { body, encoding })
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

/// All of `body`, and what `charge` gave for its prefix if it has one; ends early when the prefix announces more than
/// `max_bytes` or more than is charged, or when more come than announced.
async fn collect<B, C>(
    mut body: B,
    max_bytes: usize,
    mut room: Room,
    charge: impl FnOnce(&Prefix) -> Result<C, Rejection>,
) -> Result<(AdmittedBody, Option<C>), Rejection>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::error::Error,
{
    let (mut charge, mut charged) = (Some(charge), None);
    let mut framed = usize::MAX;
    let mut buffer = BodyBuffer::new(max_bytes.saturating_add(PREFIX_BYTES));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| malformed(&format!("it broke off: {error}")))?;
        let Ok(chunk) = frame.into_data() else { continue };
        room.add_bytes(chunk.len())?;
        buffer
            .push(chunk)
            .map_err(|_| Rejection::TooLarge { limit: max_bytes })?;
        if let Some(prefix) = buffer.prefix()
            && let Some(charge) = charge.take()
        {
            let prefix = Prefix::parse(prefix)?;
            if prefix.length > max_bytes {
                return Err(Rejection::TooLarge { limit: max_bytes });
            }
            framed = prefix.length.saturating_add(PREFIX_BYTES);
            room.announce(framed)?;
            charged = Some(charge(&prefix)?);
            buffer.announce(framed);
        }
        if buffer.len() > framed {
            return Err(malformed(NOT_ONE_MESSAGE));
        }
    }
    let body = AdmittedBody {
        bytes: buffer.finish(),
        room,
    };
    Ok((body, charged))
}

fn malformed(reason: &str) -> Rejection {
    Rejection::BadTransfer(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::{StreamExt as _, stream};
    use http_body_util::StreamBody;
    use hyper::body::Frame;

    use super::*;
    use crate::receivers::recording_sink::wide_gate;

    /// What becomes of a message of `announced` bytes of which `chunks` of 16 KiB come, and how many were taken.
    async fn read(announced: u32, chunks: usize) -> (Result<usize, Rejection>, usize) {
        let prefix = [&[0][..], &announced.to_be_bytes()].concat();
        let mut taken = 0;
        let chunks = std::iter::once(Bytes::from(prefix)).chain(vec![Bytes::from(vec![0; 16_384]); chunks]);
        let frames = stream::iter(chunks.inspect(|_| taken += 1));
        let body = StreamBody::new(frames.map(|chunk| Ok::<_, Infallible>(Frame::data(chunk))));
        let limits = MessageLimits {
            max_bytes: 1 << 26,
            timeout: Duration::from_secs(5),
        };
        let room = wide_gate().admit(0).unwrap();
        let read = read_message(body, Encoding::Identity, limits, room, |_| Ok(())).await;
        (read.map(|(message, ())| message.body.bytes.len()), taken)
    }

    #[tokio::test]
    async fn nothing_is_taken_beyond_what_was_announced() {
        let (read_whole, taken) = read(32_768, 2).await;
        assert_eq!((read_whole.unwrap(), taken), (32_768, 3));
        for announced in [0, 10, 16_383, 20_000] {
            let (refused, taken) = read(announced, 4_000).await;
            let refused = refused.unwrap_err().to_string();
            assert!(refused.contains(NOT_ONE_MESSAGE), "{refused}");
            assert!(taken <= 3, "{taken} chunks were taken for {announced} bytes");
        }
    }
}
