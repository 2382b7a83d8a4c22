//! What is kept of tenants that do not run any more: their names, for as long as samples of theirs wait.

use std::collections::BTreeSet;

use spangraph_storage::epochs::{BlockKey, EpochWriter, StoreError, TenantKey};

use super::Keeper;
use crate::durability::cut::{PipelineCut, TenantCut};
use crate::durability::tenant_names::{self, PLACE, TENANT_TABLE};

impl Keeper {
    /// Removes the blocks of tenants that `cut` has not. The name of one whose samples wait stays: by that a later start
    /// knows whom to send them for.
    pub(super) fn put_departed(&self, writer: &mut EpochWriter, cut: &PipelineCut) -> Result<(), StoreError> {
        let running: BTreeSet<_> = cut.tenants.iter().map(TenantCut::key).collect();
        for tenant in self.names.keys().filter(|tenant| !running.contains(tenant)) {
            let has_samples = self.has_samples(tenant);
            let is_kept = |key: &BlockKey| has_samples && key.table == TENANT_TABLE;
            let known = self.store.block_keys(tenant);
            known
                .filter(|key| !is_kept(key))
                .for_each(|key| writer.remove_block(key));
            if has_samples {
                self.put_name(writer, tenant)?;
            }
        }
        Ok(())
    }

    /// Forgets the tenants of which nothing is in the store.
    pub(super) fn forget_names(&mut self) {
        let (store, tenants) = (&self.store, &self.tenants);
        self.names
            .retain(|tenant| tenants.contains(tenant) || store.block_keys(*tenant).next().is_some());
    }

    fn has_samples(&self, tenant: TenantKey) -> bool {
        let mut unsent = self.unsent.iter();
        self.store.has_waiting(tenant) || unsent.any(|batch| batch.endpoint.tenant == tenant)
    }

    /// A tenant that went before it was in any epoch has none yet.
    fn put_name(&self, writer: &mut EpochWriter, tenant: TenantKey) -> Result<(), StoreError> {
        let mut known = self.store.block_keys(tenant);
        if let Some(id) = self.names.get(tenant)
            && !known.any(|key| key.table == TENANT_TABLE)
        {
            let key = BlockKey {
                tenant,
                table: PLACE.table,
                block: PLACE.block,
            };
            writer.put_block(key, &tenant_names::encode(id))?;
        }
        Ok(())
    }
}
