//! Reads the blocks of an epoch.

use std::sync::Arc;
use std::vec::IntoIter;

use super::content::decode_block;
use super::error::{Loss, Lost, StoreError};
use super::image::Image;
use super::keys::BlockKey;
use super::recover::Segments;
use crate::segments::{Flaw, Place, Segment, SegmentError};

/// The blocks of an epoch, by key. They stay readable whatever is committed or rewritten meanwhile; files that are removed
/// take their room until this is dropped.
#[derive(Clone, Debug)]
pub struct Blocks {
    places: IntoIter<(BlockKey, Place, Arc<Segment>)>,
}

impl Blocks {
    /// The blocks of an image whose `segments` are all there.
    pub(super) fn new(image: &Image, segments: &Segments) -> Self {
        let places = image.blocks.iter().filter_map(|(key, place)| {
            let segment = segments.get(&place.segment)?;
            Some((*key, *place, Arc::clone(segment)))
        });
        let places = places.collect::<Vec<_>>().into_iter();
        Self { places }
    }

    /// Only those of this table, of all tenants.
    #[must_use]
    pub fn of_table(self, table: u32) -> Self {
        let places: Vec<_> = self.places.filter(|(key, ..)| key.table == table).collect();
        Self {
            places: places.into_iter(),
        }
    }
}

impl Iterator for Blocks {
    type Item = Result<(BlockKey, Vec<u8>), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (key, place, segment) = self.places.next()?;
        Some(read_block(&segment, key, place).map(|block| (key, block)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.places.size_hint()
    }
}

fn read_block(segment: &Segment, key: BlockKey, place: Place) -> Result<Vec<u8>, StoreError> {
    let frame = segment
        .read(place)
        .map_err(|error| lost(error, Lost::Block(key)))?;
    let meaningless = || segment.damage(place.offset, place.bytes, Flaw::Meaning).into();
    decode_block(frame).ok_or_else(|| lost(meaningless(), Lost::Block(key)))
}

/// The error for a part that cannot be read.
pub fn lost(error: SegmentError, lost: Lost) -> StoreError {
    match error {
        SegmentError::Damaged(damage) => StoreError::Lost(Box::new(Loss { damage, lost })),
        other => other.into(),
    }
}
