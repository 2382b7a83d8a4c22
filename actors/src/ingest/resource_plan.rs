//! What a tenant's settings ask of each resource.

use super::attribute_keys::{AttributeKeys, Slot};

/// The attributes that are looked for in a resource, and what they are for.
#[derive(Debug)]
pub(super) struct ResourcePlan {
    /// The asked-for attributes.
    pub(super) keys: AttributeKeys,
    /// `service.name`.
    pub(super) service_name: Slot,
    /// The dimensions of service graphs in the settings' order, when service graphs are on.
    pub(super) dimensions: Option<Vec<Slot>>,
}
