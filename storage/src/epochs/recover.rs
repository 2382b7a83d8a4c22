//! Finds the manifest that counts, and looks whether all that it speaks of is there.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use super::content::{decode_block, decode_samples};
use super::error::{Loss, Lost, OpenError};
use super::image::Image;
use super::manifest::{Reading, Recovered, damaged, manifests, read};
use crate::disk::{Disk, FileEntry};
use crate::segments::{
    Damage, FRAME_HEADER_BYTES, Flaw, Frame, HEADER_BYTES, Place, Segment, SegmentError, file_name, number_in,
};

/// What the names of segments begin with.
pub const SEGMENT: &str = "segment";

/// The length of a manifest of nothing. That of anything is longer.
const BYTES_OF_NOTHING: u64 = HEADER_BYTES + FRAME_HEADER_BYTES;

/// Whether a file of this name is a part of state.
pub fn is_of_state(name: &str) -> bool {
    let mut beginnings = [super::manifest::MANIFEST, SEGMENT].iter();
    beginnings.any(|beginning| number_in(beginning, name).is_some())
}

/// The segments that are open to read, by number.
pub type Segments = BTreeMap<u64, Arc<Segment>>;

/// The manifest that counts; none where there is no state yet.
///
/// It is the newest. One without a whole snapshot was being begun, when there still is the one before.
pub fn recover(disk: &dyn Disk, folder: &Path, files: &[FileEntry]) -> Result<Option<Recovered>, OpenError> {
    let mut unfinished = None;
    for number in manifests(files.iter().map(|file| file.name.as_str())) {
        match read(disk, folder, number)? {
            Reading::Whole(whole) => return Ok(Some(*whole)),
            Reading::Unfinished(damage) => unfinished = unfinished.or(Some(damage)),
        }
    }
    match unfinished {
        Some(damage) if !was_never_begun(files) => Err(damaged(damage, 1)),
        _ => nothing_but(folder, files),
    }
}

/// Whether all that there is was left by a first start that did not come to its end.
fn was_never_begun(files: &[FileEntry]) -> bool {
    let manifest = |file: &&FileEntry| number_in(super::manifest::MANIFEST, &file.name).is_some();
    segments_of(files) == 0
        && files
            .iter()
            .filter(manifest)
            .all(|file| file.bytes <= BYTES_OF_NOTHING)
}

fn nothing_but(folder: &Path, files: &[FileEntry]) -> Result<Option<Recovered>, OpenError> {
    let folder = folder.to_owned();
    match segments_of(files) {
        0 => Ok(None),
        segments => Err(OpenError::NoManifest { folder, segments }),
    }
}

fn segments_of(files: &[FileEntry]) -> usize {
    files
        .iter()
        .filter(|file| number_in(SEGMENT, &file.name).is_some())
        .count()
}

/// What was found of all that an image speaks of.
pub struct Verified {
    /// The segments it lies in.
    pub segments: Segments,
    /// What is lost.
    pub losses: Vec<Loss>,
    /// Damage by which nothing is lost.
    pub harmless: Vec<Damage>,
}

/// Reads all that the image speaks of. A manifest that was cut short is found by
/// what was committed to segments after it.
pub fn verify(
    disk: &dyn Disk,
    folder: &Path,
    files: &[FileEntry],
    image: &Image,
) -> Result<Verified, OpenError> {
    let (mut segments, mut flawed) = (Segments::new(), BTreeMap::new());
    for (number, used) in &image.segments {
        let path = folder.join(file_name(SEGMENT, *number));
        match Segment::open_as(disk, &path, used.extent.id) {
            Ok(segment) => drop(segments.insert(*number, Arc::new(segment))),
            Err(error) => drop(flawed.insert(*number, as_damage(error, &path, used.extent.bytes)?)),
        }
    }
    let mut losses = forgotten(image, &segments)?;
    losses.extend(unheard_of(disk, folder, files, image)?);
    for part in parts(image) {
        let damage = match (segments.get(&part.place.segment), flawed.get(&part.place.segment)) {
            (Some(segment), _) => part.damage(segment)?,
            (None, Some(damage)) => Some(damage.clone()),
            (None, None) => Some(unknown(folder, part.place)),
        };
        losses.extend(damage.map(|damage| part.loss(damage)));
    }
    let harmless = segments.values().filter_map(|segment| segment.header_damage());
    Ok(Verified {
        harmless: harmless.collect(),
        segments,
        losses,
    })
}

/// What was committed to known segments, and the manifest does not know of.
fn forgotten(image: &Image, segments: &Segments) -> Result<Vec<Loss>, OpenError> {
    let mut losses = Vec::new();
    for (number, used) in &image.segments {
        if let Some(segment) = segments.get(number) {
            losses.extend(beyond(segment, used.extent.bytes)?);
        }
    }
    Ok(losses)
}

/// Segments that something was committed to, and that the manifest has never heard of. One that was only begun is none.
fn unheard_of(
    disk: &dyn Disk,
    folder: &Path,
    files: &[FileEntry],
    image: &Image,
) -> Result<Vec<Loss>, OpenError> {
    let mut losses = Vec::new();
    for file in files {
        let is_later = number_in(SEGMENT, &file.name).is_some_and(|number| number >= image.next_segment);
        if is_later && let Ok(segment) = Segment::open(disk, &folder.join(&file.name)) {
            losses.extend(beyond(&segment, HEADER_BYTES)?);
        }
    }
    Ok(losses)
}

fn beyond(segment: &Segment, offset: u64) -> Result<Option<Loss>, OpenError> {
    let durable = segment.durable_beyond(offset)?;
    Ok((durable > offset).then(|| Loss {
        damage: segment.damage(offset, durable - offset, Flaw::Forgotten),
        lost: Lost::Manifest,
    }))
}

/// A part of the state, and where it lies.
struct Part {
    place: Place,
    lost: Lost,
}

/// All parts, as they lie on the disk.
fn parts(image: &Image) -> Vec<Part> {
    let blocks = image.blocks.iter();
    let mut parts: Vec<_> = blocks
        .map(|(key, place)| Part {
            place: *place,
            lost: Lost::Block(*key),
        })
        .collect();
    for (endpoint, queue) in &image.queues {
        parts.extend(queue.iter().map(|batch| Part {
            place: batch.place,
            lost: Lost::Samples {
                endpoint: endpoint.clone(),
                samples: batch.samples,
                cut_unix_milliseconds: batch.cut_unix_milliseconds,
            },
        }));
    }
    parts.sort_unstable_by_key(|part| part.place);
    parts
}

impl Part {
    fn loss(self, damage: Damage) -> Loss {
        let lost = self.lost;
        Loss { damage, lost }
    }

    fn damage(&self, segment: &Segment) -> Result<Option<Damage>, OpenError> {
        let Place { offset, bytes, .. } = self.place;
        match segment.read(self.place) {
            Ok(frame) => {
                let meaningless = || segment.damage(offset, bytes, Flaw::Meaning);
                Ok(self.is_not_in(frame).then(meaningless))
            }
            Err(error) => as_damage(error, segment.path(), bytes).map(Some),
        }
    }

    fn is_not_in(&self, frame: Frame) -> bool {
        match self.lost {
            Lost::Block(_) => decode_block(frame).is_none(),
            _ => decode_samples(frame).is_none(),
        }
    }
}

/// The damage that an error tells of. A file that is gone is damage of all its `bytes`.
fn as_damage(error: SegmentError, path: &Path, bytes: u64) -> Result<Damage, OpenError> {
    match error {
        SegmentError::Damaged(damage) => Ok(damage),
        SegmentError::Disk(error) if error.source.kind() == ErrorKind::NotFound => Ok(Damage {
            path: path.to_owned(),
            offset: 0,
            bytes,
            flaw: Flaw::Missing,
        }),
        SegmentError::Disk(error) => Err(error.into()),
        other => Err(OpenError::Version(other)),
    }
}

fn unknown(folder: &Path, place: Place) -> Damage {
    Damage {
        path: folder.join(file_name(SEGMENT, place.segment)),
        offset: place.offset,
        bytes: place.bytes,
        flaw: Flaw::Meaning,
    }
}
