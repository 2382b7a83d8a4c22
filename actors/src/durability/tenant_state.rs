//! The state of one tenant as a start finds it: whose it is, and where its blocks lie.

use spangraph_config::TenantId;
use spangraph_storage::epochs::{Blocks, StoreError};

use super::image::TableBlock;
use super::tenant_names::{self, TENANT_TABLE};

/// The state of one tenant as it was found.
#[derive(Debug)]
pub struct TenantState {
    /// Whose it is.
    pub id: TenantId,
    blocks: Blocks,
}

impl TenantState {
    /// What `blocks`, all of one tenant, hold; none when they do not say whose they are.
    pub(super) fn of(blocks: Blocks) -> Result<Option<Self>, StoreError> {
        let mut records = blocks.clone().of_table(TENANT_TABLE);
        let record = records.next().transpose()?;
        let id = record.and_then(|(_, bytes)| tenant_names::decode(&bytes));
        Ok(id.map(|id| Self {
            id,
            blocks: blocks.without_table(TENANT_TABLE),
        }))
    }

    /// Whether there is anything but its name, as of a tenant that went while samples of its waited.
    #[must_use]
    pub fn has_blocks(&self) -> bool {
        self.blocks.len() > 0
    }

    /// All blocks, by table and number, each read when its turn comes: so a start holds no more than one of them.
    pub fn into_blocks(self) -> impl Iterator<Item = Result<(TableBlock, Vec<u8>), StoreError>> {
        self.blocks.map(|block| {
            let (key, bytes) = block?;
            let (table, block) = (key.table, key.block);
            Ok((TableBlock { table, block }, bytes))
        })
    }
}
