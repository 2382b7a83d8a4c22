//! Bodies as they go over the wire: encoded once, with ids of their own, and compressed before their time counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use crate::drive::{Compression, Transport, compress, now_unix_nanoseconds};
use crate::traffic::{Round, Stamp, Template};

/// The bytes before a gRPC message: a flag, and its length.
const PREFIX_BYTES: usize = 5;
const IS_COMPRESSED: u8 = 1;

/// What a transport puts before a message, and how that is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Framing {
    pub(super) transport: Transport,
    pub(super) compression: Compression,
}

/// A request as it is sent.
#[derive(Clone, Debug)]
pub(super) struct Body {
    pub(super) bytes: Bytes,
    pub(super) spans: u64,
}

/// Bodies without an end.
#[derive(Debug)]
pub(super) enum Bodies {
    /// Copies of a round's requests, no two of them with the same ids.
    Fresh {
        /// What is copied.
        round: Arc<Round>,
        /// What stands before it.
        framing: Framing,
        /// Where ids begin.
        seed: u64,
        /// How many were taken.
        taken: AtomicU64,
    },
    /// The same ones again and again, for what takes long to make.
    Prepared {
        /// They, at least one.
        bodies: Vec<Body>,
        /// How many were taken.
        taken: AtomicU64,
    },
}

impl Bodies {
    /// Copies of the requests of `round`.
    pub(super) fn fresh(round: &Arc<Round>, framing: Framing, seed: u64) -> Self {
        Self::Fresh {
            round: Arc::clone(round),
            framing,
            seed,
            taken: AtomicU64::new(0),
        }
    }

    /// One copy of each request of `round`, compressed as `framing` says.
    ///
    /// # Errors
    /// When the compressor fails.
    pub(super) fn prepared(round: &Arc<Round>, framing: Framing, seed: u64) -> anyhow::Result<Self> {
        let stamp = Stamp::of_round(seed, 0, now_unix_nanoseconds());
        let body = |template: &Template| {
            let (_, message) = compress(framing.compression, template.stamped(&stamp))?;
            let mut bytes = framing.prefix(message.len());
            bytes.extend_from_slice(&message);
            Ok(Body {
                bytes: bytes.into(),
                spans: template.spans(),
            })
        };
        Ok(Self::Prepared {
            bodies: round.templates().map(body).collect::<anyhow::Result<_>>()?,
            taken: AtomicU64::new(0),
        })
    }

    /// The next one; none of a round without requests.
    pub(super) fn next(&self) -> Option<Body> {
        match self {
            Self::Fresh {
                round,
                framing,
                seed,
                taken,
            } => {
                let requests = round.deliveries().len() as u64;
                let number = taken.fetch_add(1, Ordering::Relaxed);
                let position = usize::try_from(number.checked_rem(requests)?).ok()?;
                let template = round.template(round.deliveries().get(position)?.request)?;
                let stamp = Stamp::of_round(*seed, number / requests, now_unix_nanoseconds());
                let mut bytes = framing.prefix(template.len());
                template.append(&stamp, &mut bytes);
                Some(Body {
                    bytes: bytes.into(),
                    spans: template.spans(),
                })
            }
            Self::Prepared { bodies, taken } => {
                let number = taken.fetch_add(1, Ordering::Relaxed);
                let position = usize::try_from(number.checked_rem(bodies.len() as u64)?).ok()?;
                bodies.get(position).cloned()
            }
        }
    }
}

impl Framing {
    /// What stands before a message of `length` bytes, with room for it.
    fn prefix(self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(PREFIX_BYTES + length);
        if self.transport == Transport::Grpc {
            let is_compressed = self.compression != Compression::None;
            bytes.push(u8::from(is_compressed) * IS_COMPRESSED);
            bytes.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
        }
        bytes
    }

    /// What the compression is called in a header.
    pub(super) fn encoding(self) -> Option<&'static str> {
        match self.compression {
            Compression::None => None,
            Compression::Gzip => Some("gzip"),
            Compression::Zstd => Some("zstd"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::io::Read as _;

    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use prost::Message as _;

    use super::*;
    use crate::traffic::Shape;

    fn round() -> Arc<Round> {
        let shape = Shape {
            services: 3,
            spans_per_request: 5,
            ..Shape::default()
        };
        Arc::new(Round::new(&shape).unwrap())
    }

    fn framing(transport: Transport, compression: Compression) -> Framing {
        Framing {
            transport,
            compression,
        }
    }

    fn trace_ids(message: &[u8]) -> BTreeSet<Vec<u8>> {
        let request = ExportTraceServiceRequest::decode(message).unwrap();
        let scopes = request
            .resource_spans
            .into_iter()
            .flat_map(|group| group.scope_spans);
        let spans = scopes.flat_map(|scope| scope.spans);
        spans.map(|span| span.trace_id).collect()
    }

    #[test]
    fn fresh_bodies_are_whole_grpc_messages_and_those_of_two_rounds_share_no_id() {
        let round = round();
        let bodies = Bodies::fresh(&round, framing(Transport::Grpc, Compression::None), 7);
        let mut rounds = [BTreeSet::new(), BTreeSet::new()];
        let mut spans = 0;
        for ids in &mut rounds {
            for _ in round.deliveries() {
                let body = bodies.next().unwrap();
                let (prefix, message) = body.bytes.split_at(PREFIX_BYTES);
                assert_eq!(prefix[0], 0);
                let length = u32::from_be_bytes(prefix[1..].try_into().unwrap());
                assert_eq!(length as usize, message.len());
                ids.extend(trace_ids(message));
                spans += body.spans;
            }
        }
        assert!(!rounds[0].is_empty() && rounds[0].is_disjoint(&rounds[1]));
        assert_eq!(spans, 2 * round.spans());
    }

    #[test]
    fn prepared_bodies_are_compressed_once_and_come_again() {
        let round = round();
        let bodies = Bodies::prepared(&round, framing(Transport::Grpc, Compression::Gzip), 7).unwrap();
        let first = bodies.next().unwrap();
        let (prefix, message) = first.bytes.split_at(PREFIX_BYTES);
        assert_eq!(prefix[0], IS_COMPRESSED);
        let mut inflated = Vec::new();
        flate2::read::GzDecoder::new(message)
            .read_to_end(&mut inflated)
            .unwrap();
        assert!(!trace_ids(&inflated).is_empty());
        (1..round.templates().count()).for_each(|_| drop(bodies.next()));
        assert_eq!(bodies.next().unwrap().bytes, first.bytes);
    }

    #[test]
    fn over_http_nothing_stands_before_a_message() {
        let bodies = Bodies::fresh(&round(), framing(Transport::Http, Compression::None), 7);
        assert!(!trace_ids(&bodies.next().unwrap().bytes).is_empty());
    }
}
