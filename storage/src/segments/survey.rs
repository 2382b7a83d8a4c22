//! Every frame of a segment, what is damaged, and what is only a torn end.

use super::damage::{Damage, Flaw};
use super::extent::Place;
use super::format::{FrameHeader, HEADER_BYTES, MARK};
use super::segment::Segment;
use super::window::Window;
use crate::disk::DiskError;

/// What was found in a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survey {
    /// The frames before a torn end, in order, without marks and without those that are damaged.
    pub frames: Vec<Found>,
    /// What is damaged of that which was durable.
    pub damage: Vec<Damage>,
    /// What follows the last frame and was never known to be durable. That is no damage.
    pub torn: Option<TornEnd>,
    /// Up to where the segment says that it was durable, in bytes. Frames that begin beyond may be only in memory.
    pub durable: u64,
}

/// A frame that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// What the payload is.
    pub kind: u32,
    /// Where it stands.
    pub place: Place,
}

/// The end of a segment, of which not all was written before the machine stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TornEnd {
    /// Where it begins, in bytes.
    pub offset: u64,
    /// How long it is, in bytes.
    pub bytes: u64,
}

/// One part of a file after another.
enum Part {
    Frame(FrameHeader),
    Flawed { bytes: u64, flaw: Flaw, durable: u64 },
}

impl Segment {
    /// Looks at every frame, and tells what is damaged from a torn end. It reads all of the file.
    pub fn survey(&self) -> Result<Survey, DiskError> {
        Survey::of(self, &mut self.window()?)
    }

    /// Up to where the frames from `offset` on say that the segment was durable when they were written; `offset` when none
    /// says more. Frames that follow a commit say so of what was committed.
    pub fn durable_beyond(&self, offset: u64) -> Result<u64, DiskError> {
        durable_beyond(self, &mut self.window()?, offset)
    }
}

impl Survey {
    fn of(segment: &Segment, window: &mut Window<'_>) -> Result<Self, DiskError> {
        let (mut frames, mut damage) = (Vec::new(), Vec::new());
        let (mut offset, mut durable) = (HEADER_BYTES, HEADER_BYTES);
        while offset < window.file_bytes() {
            let bytes = match part(segment, window, offset)? {
                Part::Frame(header) => {
                    frames.push(found(segment, offset, header));
                    durable = durable.max(header.durable);
                    header.frame_bytes()
                }
                Part::Flawed {
                    bytes,
                    flaw,
                    durable: at_least,
                } => {
                    damage.push(segment.damage(offset, bytes, flaw));
                    durable = durable.max(at_least);
                    bytes
                }
            };
            offset += bytes;
        }
        Ok(Self::judged(frames, damage, durable, offset))
    }

    /// Damage that begins where the segment was not known to be durable is a torn end, and nothing after it counts:
    /// the system writes the parts of a file in any order.
    fn judged(mut frames: Vec<Found>, mut damage: Vec<Damage>, durable: u64, end: u64) -> Self {
        let torn = damage
            .iter()
            .map(|damage| damage.offset)
            .find(|offset| *offset >= durable);
        let sound = torn.unwrap_or(end);
        damage.retain(|damage| damage.offset < sound);
        frames.retain(|found| found.place.offset < sound && found.kind != MARK);
        let torn = torn.map(|offset| TornEnd {
            offset,
            bytes: end - offset,
        });
        Self {
            frames,
            damage,
            torn,
            durable,
        }
    }
}

fn part(segment: &Segment, window: &mut Window<'_>, offset: u64) -> Result<Part, DiskError> {
    let Some(header) = header(segment, window, offset)? else {
        let next = next_frame(segment, window, offset + 1)?;
        let (bytes, flaw, durable) = (next - offset, Flaw::NoFrame, 0);
        return Ok(Part::Flawed { bytes, flaw, durable });
    };
    let frame = window.bytes(offset, header.frame_bytes())?;
    let payload = frame
        .split_at_checked(24)
        .map(|(_, payload)| payload)
        .unwrap_or_default();
    if payload.len() as u64 == u64::from(header.length) && crc32c::crc32c(payload) == header.payload_checksum
    {
        return Ok(Part::Frame(header));
    }
    let flaw = if frame.len() as u64 == header.frame_bytes() {
        Flaw::Payload
    } else {
        Flaw::Missing
    };
    let (bytes, durable) = (frame.len() as u64, header.durable);
    Ok(Part::Flawed { bytes, flaw, durable })
}

/// Up to where the frames that stand one after the other from `offset` on say that the segment was durable.
fn durable_beyond(segment: &Segment, window: &mut Window<'_>, offset: u64) -> Result<u64, DiskError> {
    let (mut next, mut durable) = (offset, offset);
    while next < window.file_bytes()
        && let Some(header) = header(segment, window, next)?
    {
        durable = durable.max(header.durable);
        next += header.frame_bytes();
    }
    Ok(durable)
}

/// Where the next frame begins, from `offset` on; else the end of the file.
fn next_frame(segment: &Segment, window: &mut Window<'_>, offset: u64) -> Result<u64, DiskError> {
    for offset in offset..window.file_bytes() {
        if header(segment, window, offset)?.is_some() {
            return Ok(offset);
        }
    }
    Ok(window.file_bytes())
}

fn header(segment: &Segment, window: &mut Window<'_>, offset: u64) -> Result<Option<FrameHeader>, DiskError> {
    let bytes = window.frame_header(offset)?;
    Ok(FrameHeader::read(segment.id(), offset, bytes))
}

fn found(segment: &Segment, offset: u64, header: FrameHeader) -> Found {
    let (segment, bytes, kind) = (segment.id().number, header.frame_bytes(), header.kind);
    let place = Place {
        segment,
        offset,
        bytes,
    };
    Found { kind, place }
}
