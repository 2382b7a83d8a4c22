//! The names of tenants that state on the disk knows by a hash.

use std::collections::BTreeMap;

use prost::Message;
use spangraph_config::TenantId;
use spangraph_storage::epochs::{Blocks, TenantKey};

use super::image::TableBlock;

/// The table that says whose the others are; of one block.
pub(super) const TENANT_TABLE: u32 = u32::MAX;

/// Where the block lies that says whose the others are.
pub(super) const PLACE: TableBlock = TableBlock {
    table: TENANT_TABLE,
    block: 0,
};

/// Whose state it is.
#[derive(Clone, PartialEq, Message)]
struct TenantRecord {
    /// The tenant's id.
    #[prost(string, tag = "1")]
    id: String,
}

/// Tenants by their keys.
#[derive(Clone, Debug, Default)]
pub struct TenantNames {
    names: BTreeMap<TenantKey, TenantId>,
}

impl TenantNames {
    /// The names that are among `blocks`; those in damaged blocks are missing.
    #[must_use]
    pub fn of(blocks: Blocks) -> Self {
        let blocks = blocks.of_table(TENANT_TABLE).flatten();
        let names = blocks.filter_map(|(key, bytes)| Some((key.tenant, decode(&bytes)?)));
        Self {
            names: names.collect(),
        }
    }

    /// The tenant with this key, when it is known.
    #[must_use]
    pub fn get(&self, key: TenantKey) -> Option<&TenantId> {
        self.names.get(&key)
    }

    /// What the tenant with this key is called: by its id, or by the key when that is all there is.
    #[must_use]
    pub fn name(&self, key: TenantKey) -> String {
        self.get(key).map_or_else(|| key.to_string(), TenantId::to_string)
    }

    /// All keys.
    pub(super) fn keys(&self) -> impl Iterator<Item = TenantKey> {
        self.names.keys().copied()
    }

    /// Knows `id` from now on.
    pub(super) fn learn(&mut self, id: &TenantId) {
        let key = TenantKey::of(id.as_str());
        self.names.entry(key).or_insert_with(|| id.clone());
    }

    /// Forgets all but those that `is_kept` says of.
    pub(super) fn retain(&mut self, is_kept: impl Fn(&TenantKey) -> bool) {
        self.names.retain(|key, _| is_kept(key));
    }
}

/// The block that says that state is that of `id`.
pub(super) fn encode(id: &TenantId) -> Vec<u8> {
    let id = id.to_string();
    TenantRecord { id }.encode_to_vec()
}

/// The tenant that a block names; none when it names none.
pub(super) fn decode(block: &[u8]) -> Option<TenantId> {
    let record = TenantRecord::decode(block).ok()?;
    TenantId::parse(&record.id).ok()
}
