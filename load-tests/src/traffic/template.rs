//! A request that was encoded once, and where in it stand the ids and times that change each time it is sent.

use anyhow::{Context as _, bail};
use prost::encoding::{WireType, decode_key, decode_varint};

/// An encoded `ExportTraceServiceRequest` whose ids and times can be replaced in place.
///
/// Its times are relative to the moment at which it is stamped.
#[derive(Clone, Debug)]
pub struct Template {
    bytes: Vec<u8>,
    patches: Vec<Patch>,
    spans: u64,
}

/// What makes one sending of a template different from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Over all ids of traces, by exclusive or.
    pub trace_mask: u128,
    /// Over all ids of spans, by exclusive or.
    pub span_mask: u64,
    /// Added to all times: nanoseconds since the Unix epoch.
    pub base_unix_nanoseconds: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Patch {
    offset: usize,
    what: Changing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Changing {
    TraceId,
    SpanId,
    Time,
}

/// Where a message stands, to know what its fields mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Request,
    ResourceSpans,
    ScopeSpans,
    Span,
    Event,
    Link,
}

/// What a field is.
enum Meaning {
    Nested(Place),
    Changing(Changing),
    Plain,
}

impl Template {
    /// Finds what changes in an encoded request.
    ///
    /// # Errors
    /// When the bytes are no such request, or an id has a wrong length.
    pub fn new(bytes: Vec<u8>) -> anyhow::Result<Self> {
        let mut template = Self {
            bytes: Vec::new(),
            patches: Vec::new(),
            spans: 0,
        };
        template.locate(Place::Request, &bytes, 0)?;
        template.bytes = bytes;
        Ok(template)
    }

    /// The request under new ids and times.
    #[must_use]
    pub fn stamped(&self, stamp: &Stamp) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.bytes.len());
        self.append(stamp, &mut bytes);
        bytes
    }

    /// Writes the request under new ids and times behind what is in `out`.
    pub fn append(&self, stamp: &Stamp, out: &mut Vec<u8>) {
        let begin = out.len();
        out.extend_from_slice(&self.bytes);
        for patch in &self.patches {
            let place = out.get_mut(begin + patch.offset..).unwrap_or_default();
            stamp.apply(patch.what, place);
        }
    }

    /// How many spans it has.
    #[must_use]
    pub fn spans(&self) -> u64 {
        self.spans
    }

    /// Its encoded length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The bytes as they were encoded.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn locate(&mut self, place: Place, message: &[u8], start: usize) -> anyhow::Result<()> {
        let mut rest = message;
        while !rest.is_empty() {
            let (number, wire_type) = decode_key(&mut rest).context("not an export request")?;
            let length = value_length(wire_type, &mut rest)?;
            let offset = start + (message.len() - rest.len());
            let (value, after) = rest
                .split_at_checked(length)
                .context("the request ends inside a field")?;
            rest = after;
            match place.meaning(number) {
                Meaning::Nested(inner) => {
                    self.spans += u64::from(inner == Place::Span);
                    self.locate(inner, value, offset)?;
                }
                Meaning::Changing(what) if !value.is_empty() => self.add(what, offset, length)?,
                Meaning::Changing(_) | Meaning::Plain => {}
            }
        }
        Ok(())
    }

    fn add(&mut self, what: Changing, offset: usize, length: usize) -> anyhow::Result<()> {
        let proper = match what {
            Changing::TraceId => 16,
            Changing::SpanId | Changing::Time => 8,
        };
        if length != proper {
            bail!("an id or time has {length} bytes instead of {proper}");
        }
        self.patches.push(Patch { offset, what });
        Ok(())
    }
}

impl Stamp {
    /// The stamp of a round's number; no two rounds share an id.
    #[must_use]
    pub fn of_round(seed: u64, round: u64, base_unix_nanoseconds: u64) -> Self {
        let mix = |lane: u64| scramble(scramble(seed ^ lane).wrapping_add(round));
        Self {
            trace_mask: u128::from(mix(1)) << 64 | u128::from(mix(2)),
            span_mask: mix(3),
            base_unix_nanoseconds,
        }
    }

    fn apply(&self, what: Changing, place: &mut [u8]) {
        match what {
            Changing::TraceId => change(place, |id| {
                (u128::from_be_bytes(id) ^ self.trace_mask).to_be_bytes()
            }),
            Changing::SpanId => change(place, |id| {
                (u64::from_be_bytes(id) ^ self.span_mask).to_be_bytes()
            }),
            Changing::Time => change(place, |time| {
                u64::from_le_bytes(time)
                    .wrapping_add(self.base_unix_nanoseconds)
                    .to_le_bytes()
            }),
        }
    }
}

impl Place {
    fn meaning(self, number: u32) -> Meaning {
        match (self, number) {
            (Self::Request, 1) => Meaning::Nested(Self::ResourceSpans),
            (Self::ResourceSpans, 2) => Meaning::Nested(Self::ScopeSpans),
            (Self::ScopeSpans, 2) => Meaning::Nested(Self::Span),
            (Self::Span, 11) => Meaning::Nested(Self::Event),
            (Self::Span, 13) => Meaning::Nested(Self::Link),
            (Self::Span | Self::Link, 1) => Meaning::Changing(Changing::TraceId),
            (Self::Span, 2 | 4) | (Self::Link, 2) => Meaning::Changing(Changing::SpanId),
            (Self::Span, 7 | 8) | (Self::Event, 1) => Meaning::Changing(Changing::Time),
            _ => Meaning::Plain,
        }
    }
}

/// Spreads a number over all bits, one to one (the finaliser of SplitMix64).
fn scramble(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

fn change<const LENGTH: usize>(place: &mut [u8], new: impl Fn([u8; LENGTH]) -> [u8; LENGTH]) {
    if let Some(bytes) = place.first_chunk_mut() {
        *bytes = new(*bytes);
    }
}

fn value_length(wire_type: WireType, rest: &mut &[u8]) -> anyhow::Result<usize> {
    Ok(match wire_type {
        WireType::Varint => rest.iter().take_while(|byte| **byte >= 0x80).count() + 1,
        WireType::SixtyFourBit => 8,
        WireType::ThirtyTwoBit => 4,
        WireType::LengthDelimited => usize::try_from(decode_varint(rest).context("a length is malformed")?)?,
        WireType::StartGroup | WireType::EndGroup => bail!("groups are not supported"),
    })
}

#[cfg(test)]
mod tests;
