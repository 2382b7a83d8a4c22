//! The manifest: a segment that begins with a snapshot of the image, and to which each change is appended.
//!
//! The append of a change, once synced, is its commit. A new manifest is begun at each start, when the old one has
//! grown, and when a sync failed: what the system says was written is not trusted any more then.

use std::path::{Path, PathBuf};

use prost::Message;

use super::content::{CHANGE, SNAPSHOT};
use super::error::{Loss, Lost, OpenError};
use super::image::Image;
use super::record::Change;
use crate::disk::Disk;
use crate::segments::{
    Damage, Flaw, Found, Segment, SegmentError, SegmentId, SegmentWriter, Survey, TornEnd, file_name,
    number_in,
};

/// What the names of manifests begin with.
pub const MANIFEST: &str = "manifest";

/// A manifest that is written.
#[derive(Debug)]
pub struct Manifest {
    number: u64,
    writer: SegmentWriter,
    snapshot_bytes: u64,
    is_given_up: bool,
}

/// What a manifest says.
#[derive(Debug, Default)]
pub struct Recovered {
    pub image: Image,
    /// What was being committed when the machine stopped.
    pub torn: Option<(PathBuf, TornEnd)>,
    /// What is damaged of its header, by which nothing is lost.
    pub header_damage: Option<Damage>,
}

/// A manifest that was read.
pub enum Reading {
    Whole(Box<Recovered>),
    /// It has no whole snapshot: it was being begun when the machine stopped, so the one before it counts.
    Unfinished(Damage),
}

impl Manifest {
    /// Begins manifest `number` with a snapshot of `image`, and makes it durable.
    pub fn begin(disk: &dyn Disk, folder: &Path, number: u64, image: &Image) -> Result<Self, SegmentError> {
        let path = folder.join(file_name(MANIFEST, number));
        let salt = fastrand::u64(..);
        let mut writer = SegmentWriter::create(disk, &path, SegmentId { number, salt })?;
        writer.append(SNAPSHOT, &image.snapshot().encode_to_vec())?;
        writer.sync()?;
        disk.sync_folder(folder)?;
        let snapshot_bytes = writer.extent().bytes;
        Ok(Self {
            number,
            writer,
            snapshot_bytes,
            is_given_up: false,
        })
    }

    /// Commits a change. When it fails, the change may stand or not.
    pub fn append(&mut self, change: &Change) -> Result<(), SegmentError> {
        self.writer.append(CHANGE, &change.encode_to_vec())?;
        self.writer.sync()?;
        // The change stands. A manifest that cannot be marked takes no further one, and is begun anew before that.
        let _ = self.writer.mark();
        Ok(())
    }

    /// Its number.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.writer.path()
    }

    /// Its length.
    pub fn bytes(&self) -> u64 {
        self.writer.extent().bytes
    }

    /// Whether nothing more can be appended to it, although all that was committed stands.
    pub fn is_broken(&self) -> bool {
        self.is_given_up || self.writer.is_broken()
    }

    /// Lets nothing more be appended to it, as it is not there any more.
    pub fn give_up(&mut self) {
        self.is_given_up = true;
    }

    /// Whether its changes are so long that a new snapshot is worth it. It never is below `least_bytes`.
    pub fn is_overgrown(&self, least_bytes: u64) -> bool {
        self.bytes() > least_bytes.max(self.snapshot_bytes.saturating_mul(3))
    }
}

/// The numbers of the manifests among `names`, the newest first.
pub fn manifests<'a>(names: impl Iterator<Item = &'a str>) -> Vec<u64> {
    let mut numbers: Vec<_> = names.filter_map(|name| number_in(MANIFEST, name)).collect();
    numbers.sort_unstable_by(|a, b| b.cmp(a));
    numbers
}

/// Reads manifest `number`. Damage to what was committed is an error.
pub fn read(disk: &dyn Disk, folder: &Path, number: u64) -> Result<Reading, OpenError> {
    let segment = match Segment::open(disk, &folder.join(file_name(MANIFEST, number))) {
        Ok(segment) => segment,
        Err(SegmentError::Damaged(damage)) => return Ok(Reading::Unfinished(damage)),
        Err(SegmentError::Disk(error)) => return Err(error.into()),
        Err(other) => return Err(OpenError::Version(other)),
    };
    let survey = segment.survey()?;
    if let Some(first) = survey.damage.first() {
        return Err(damaged(first.clone(), survey.damage.len()));
    }
    if survey.frames.first().is_none_or(|first| first.kind != SNAPSHOT) {
        let torn = survey.torn.map_or((0, 0), |torn| (torn.offset, torn.bytes));
        return Ok(Reading::Unfinished(segment.damage(torn.0, torn.1, Flaw::NoFrame)));
    }
    replay(&segment, survey)
}

/// The error for a damaged manifest.
pub fn damaged(damage: Damage, losses: usize) -> OpenError {
    let lost = Lost::Manifest;
    let first = Box::new(Loss { damage, lost });
    OpenError::Damaged { first, losses }
}

fn replay(segment: &Segment, survey: Survey) -> Result<Reading, OpenError> {
    let mut image = Image::default();
    for found in survey.frames {
        image.apply(change(segment, found)?);
    }
    let torn = survey.torn.map(|torn| (segment.path().to_owned(), torn));
    let header_damage = segment.header_damage();
    Ok(Reading::Whole(Box::new(Recovered {
        image,
        torn,
        header_damage,
    })))
}

fn change(segment: &Segment, found: Found) -> Result<Change, OpenError> {
    let frame = match segment.read(found.place) {
        Ok(frame) => frame,
        Err(SegmentError::Damaged(damage)) => return Err(damaged(damage, 1)),
        Err(SegmentError::Disk(error)) => return Err(error.into()),
        Err(other) => return Err(OpenError::Version(other)),
    };
    let decoded = matches!(frame.kind, SNAPSHOT | CHANGE).then(|| Change::decode(frame.payload.as_slice()));
    let meaningless = || segment.damage(found.place.offset, found.place.bytes, Flaw::Meaning);
    decoded
        .and_then(Result::ok)
        .ok_or_else(|| damaged(meaningless(), 1))
}
