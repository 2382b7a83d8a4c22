//! The names of what an epoch holds: blocks of tenants, queues of endpoints, positions in sources.

use std::fmt;

use sha2::{Digest, Sha256};

/// A tenant, as a hash of its id: ids come from senders, and may be long and strange.
///
/// The first 16 bytes of SHA-256. It outlives the process, so it never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantKey(pub u128);

/// One block of a table of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlockKey {
    /// Whose it is.
    pub tenant: TenantKey,
    /// Which table: a column, or what else the owner numbers.
    pub table: u32,
    /// Which block of the table.
    pub block: u32,
}

/// An endpoint of a tenant that samples are queued for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EndpointKey {
    /// Whose samples they are.
    pub tenant: TenantKey,
    /// What the endpoint is called. It is shown to operators, so it must hold no secret.
    pub name: String,
}

/// A part of a source that has positions: a shard of the span log, a partition of a topic.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourcePart {
    /// What the source is called.
    pub source: String,
    /// Which part of it.
    pub partition: u32,
}

impl TenantKey {
    /// The key of the tenant with this id.
    #[must_use]
    pub fn of(id: &str) -> Self {
        let digest: [u8; 32] = Sha256::digest(id.as_bytes()).into();
        let first = digest.first_chunk().copied().unwrap_or_default();
        Self(u128::from_be_bytes(first))
    }
}

impl fmt::Display for TenantKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

impl fmt::Display for BlockKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tenant, table, block } = self;
        write!(formatter, "block {block} of table {table} of tenant {tenant}")
    }
}

impl fmt::Display for EndpointKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "endpoint {} of tenant {}", self.name, self.tenant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_tenant_is_the_beginning_of_its_sha_256() {
        // From `printf abc | sha256sum`.
        assert_eq!(
            TenantKey::of("abc").to_string(),
            "ba7816bf8f01cfea414140de5dae2223"
        );
    }
}
