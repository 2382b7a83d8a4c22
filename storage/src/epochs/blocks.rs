//! Reads the blocks of an epoch.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::vec::IntoIter;

use super::content::decode_block;
use super::error::{Loss, Lost, StoreError};
use super::image::Image;
use super::keys::{BlockKey, TenantKey};
use super::recover::Segments;
use crate::segments::{Flaw, Place, Segment, SegmentError};

/// The blocks of an epoch, by key, each read when its turn comes. They stay readable whatever is committed or rewritten meanwhile; files that are removed
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

    /// Those of each tenant.
    #[must_use]
    pub fn by_tenant(self) -> BTreeMap<TenantKey, Self> {
        let mut tenants: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for block in self.places {
            tenants.entry(block.0.tenant).or_default().push(block);
        }
        let tenants = tenants.into_iter();
        tenants
            .map(|(tenant, places)| {
                let places = places.into_iter();
                (tenant, Self { places })
            })
            .collect()
    }

    /// Only those of this table, of all tenants.
    #[must_use]
    pub fn of_table(self, table: u32) -> Self {
        self.only(|key| key.table == table)
    }

    /// Those of all other tables.
    #[must_use]
    pub fn without_table(self, table: u32) -> Self {
        self.only(|key| key.table != table)
    }

    fn only(self, is_meant: impl Fn(&BlockKey) -> bool) -> Self {
        let places: Vec<_> = self.places.filter(|(key, ..)| is_meant(key)).collect();
        Self {
            places: places.into_iter(),
        }
    }
}

impl ExactSizeIterator for Blocks {}

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
