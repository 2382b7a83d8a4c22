//! Keys, places and epochs, to and from what the manifest says.

use std::collections::BTreeMap;

use super::epoch::{Epoch, QueuedBatch};
use super::keys::{BlockKey, EndpointKey, SourcePart, TenantKey};
use super::record::{
    BlockRecord, EndpointRecord, EpochRecord, PlaceRecord, PositionRecord, SamplesRecord, SegmentRecord,
    TakenRecord, TenantRecord,
};
use crate::segments::{Extent, Place, SegmentId};

impl From<TenantKey> for TenantRecord {
    fn from(TenantKey(key): TenantKey) -> Self {
        let half = |shifted: u128| (shifted & u128::from(u64::MAX)).try_into().unwrap_or(u64::MAX);
        let (high, low) = (half(key >> 64), half(key));
        Self { high, low }
    }
}

impl From<TenantRecord> for TenantKey {
    fn from(record: TenantRecord) -> Self {
        Self(u128::from(record.high) << 64 | u128::from(record.low))
    }
}

impl From<Place> for PlaceRecord {
    fn from(place: Place) -> Self {
        let Place {
            segment,
            offset,
            bytes,
        } = place;
        Self {
            segment,
            offset,
            bytes,
        }
    }
}

impl From<PlaceRecord> for Place {
    fn from(record: PlaceRecord) -> Self {
        let PlaceRecord {
            segment,
            offset,
            bytes,
        } = record;
        Self {
            segment,
            offset,
            bytes,
        }
    }
}

impl From<Extent> for SegmentRecord {
    fn from(extent: Extent) -> Self {
        let SegmentId { number, salt } = extent.id;
        let bytes = extent.bytes;
        Self { number, salt, bytes }
    }
}

impl From<SegmentRecord> for Extent {
    fn from(record: SegmentRecord) -> Self {
        let SegmentRecord { number, salt, bytes } = record;
        let id = SegmentId { number, salt };
        Self { id, bytes }
    }
}

impl BlockRecord {
    /// The block `key` at `place`.
    pub fn new(key: BlockKey, place: Place) -> Self {
        Self {
            tenant: key.tenant.into(),
            table: key.table,
            block: key.block,
            place: place.into(),
        }
    }

    /// Which block it is.
    pub fn key(&self) -> BlockKey {
        BlockKey {
            tenant: self.tenant.into(),
            table: self.table,
            block: self.block,
        }
    }
}

impl From<&EndpointKey> for EndpointRecord {
    fn from(key: &EndpointKey) -> Self {
        let (tenant, name) = (key.tenant.into(), key.name.clone());
        Self { tenant, name }
    }
}

impl From<EndpointRecord> for EndpointKey {
    fn from(record: EndpointRecord) -> Self {
        let (tenant, name) = (record.tenant.into(), record.name);
        Self { tenant, name }
    }
}

impl SamplesRecord {
    /// The batch of `endpoint`.
    pub fn new(endpoint: &EndpointKey, batch: &QueuedBatch) -> Self {
        Self {
            endpoint: endpoint.into(),
            number: batch.number,
            cut_unix_milliseconds: batch.cut_unix_milliseconds,
            samples: batch.samples,
            place: batch.place.into(),
        }
    }

    /// The endpoint and the batch.
    pub fn into_parts(self) -> (EndpointKey, QueuedBatch) {
        let batch = QueuedBatch {
            number: self.number,
            cut_unix_milliseconds: self.cut_unix_milliseconds,
            samples: self.samples,
            place: self.place.into(),
        };
        (self.endpoint.into(), batch)
    }
}

impl TakenRecord {
    /// The batches of `endpoint` up to number `up_to`.
    pub fn new(endpoint: &EndpointKey, up_to: u64) -> Self {
        let endpoint = endpoint.into();
        Self { endpoint, up_to }
    }
}

impl From<&Epoch> for EpochRecord {
    fn from(epoch: &Epoch) -> Self {
        let position = |(part, offset): (&SourcePart, &u64)| PositionRecord {
            source: part.source.clone(),
            partition: part.partition,
            offset: *offset,
        };
        Self {
            number: epoch.number,
            cut_unix_milliseconds: epoch.cut_unix_milliseconds,
            content_version: epoch.content_version,
            positions: epoch.positions.iter().map(position).collect(),
        }
    }
}

impl From<EpochRecord> for Epoch {
    fn from(record: EpochRecord) -> Self {
        let position = |record: PositionRecord| {
            let PositionRecord {
                source,
                partition,
                offset,
            } = record;
            (SourcePart { source, partition }, offset)
        };
        let positions: BTreeMap<_, _> = record.positions.into_iter().map(position).collect();
        Self {
            number: record.number,
            cut_unix_milliseconds: record.cut_unix_milliseconds,
            content_version: record.content_version,
            positions,
        }
    }
}
