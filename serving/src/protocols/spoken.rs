//! Tells protocols apart by the first bytes of a connection.

use std::fmt;

use prometheus_client::encoding::{EncodeLabelValue, LabelValueEncoder};

/// What HTTP/2 connections begin with (RFC 9113, 3.4).
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// No method of HTTP/1 begins with these bytes, so that they tell HTTP/2.
const HTTP2_ALONE: usize = b"PRI".len();

/// The first two bytes of TLS: a handshake record of any version (RFC 8446, 5.1).
const TLS_HANDSHAKE: [u8; 2] = [0x16, 0x03];

/// What a connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Spoken {
    /// TLS, whatever is within.
    Tls,
    /// HTTP/1 in plain text.
    Http1,
    /// HTTP/2 in plain text, as gRPC.
    Http2,
    /// Nothing that any listener speaks.
    Unknown,
}

impl Spoken {
    /// All there are.
    pub const ALL: [Self; 4] = [Self::Tls, Self::Http1, Self::Http2, Self::Unknown];

    /// What a connection speaks that begins with `bytes`; `None` when these are too few to tell.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(&TLS_HANDSHAKE) {
            return Some(Self::Tls);
        }
        if HTTP2_PREFACE.starts_with(bytes) || bytes.starts_with(HTTP2_PREFACE) {
            return (bytes.len() >= HTTP2_ALONE).then_some(Self::Http2);
        }
        if TLS_HANDSHAKE.starts_with(bytes) {
            return None;
        }
        let has_method = is_method(bytes);
        Some(if has_method { Self::Http1 } else { Self::Unknown })
    }
}

/// Whether `bytes` begin as a request line does; empty lines before it do not matter (RFC 9112, 2.2).
fn is_method(bytes: &[u8]) -> bool {
    let line = bytes.trim_ascii_start();
    let method = line.split(|byte| *byte == b' ').next().unwrap_or(line);
    !method.is_empty()
        && method
            .iter()
            .all(|byte| byte.is_ascii_alphabetic() || *byte == b'-')
}

impl fmt::Display for Spoken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Tls => "tls",
            Self::Http1 => "http1",
            Self::Http2 => "http2",
            Self::Unknown => "unknown",
        })
    }
}

impl EncodeLabelValue for Spoken {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        fmt::Write::write_fmt(encoder, format_args!("{self}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn protocols_are_told_by_what_they_begin_with() {
        for (bytes, spoken) in [
            (
                &b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04"[..],
                Some(Spoken::Http2),
            ),
            (b"PRI * HT", Some(Spoken::Http2)),
            (b"\x16\x03\x01\x02\x00\x01", Some(Spoken::Tls)),
            (b"POST /v1/traces HTTP/1.1\r\n", Some(Spoken::Http1)),
            (b"\r\nGET / HTTP/1.1\r\n", Some(Spoken::Http1)),
            (b"M-SEARCH * HTTP/1.1", Some(Spoken::Http1)),
            (b"PROPFIND /", Some(Spoken::Http1)),
            (b"P", None),
            (b"PR", None),
            (b"\x16", None),
            (b"\x16\x02", Some(Spoken::Unknown)),
            (b"\0\0\0\x17", Some(Spoken::Unknown)),
            (b"{\"resourceSpans\":[]}", Some(Spoken::Unknown)),
        ] {
            assert_eq!(Spoken::of(bytes), spoken, "{}", bytes.escape_ascii());
        }
    }

    proptest! {
        /// What was told of some bytes stays true when more of the same connection come.
        #[test]
        fn more_bytes_change_no_protocol_that_was_told(
            start in prop::sample::select(vec![&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], b"\x16\x03\x03\x01", b"POST / HTTP/1.1\r\n", b"PUT /"]),
            rest in prop::collection::vec(any::<u8>(), 0..20),
            cut in 0_usize..25,
        ) {
            let whole = [start, &rest].concat();
            let few = &whole[..cut.min(start.len())];
            if let Some(spoken) = Spoken::of(few).filter(|_| !few.is_empty()) {
                prop_assert_eq!(Some(spoken), Spoken::of(&whole));
            }
        }
    }
}
