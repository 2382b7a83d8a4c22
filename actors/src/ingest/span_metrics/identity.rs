//! Finds the labels that name the target that a resource is (SPEC §1).

use crate::batches::TextId;
use crate::ingest::attribute_keys::{AskedKeys, Slot};
use crate::ingest::attribute_slots::{AttributeSlots, Found};
use crate::ingest::batch_texts::{BatchTexts, TextFailure};

/// The attributes that name a target, when target info is on.
#[derive(Debug)]
pub(super) struct TargetSlots {
    namespace: Slot,
    instance: Option<Slot>,
}

/// The labels that name a target; absent where empty.
#[derive(Clone, Copy, Debug)]
pub(super) struct TargetIdentity {
    /// `job`.
    pub(super) job: TextId,
    /// `instance`.
    pub(super) instance: TextId,
}

impl TargetIdentity {
    /// No target.
    pub(super) const NONE: Self = Self {
        job: TextId::ABSENT,
        instance: TextId::ABSENT,
    };
}

impl TargetSlots {
    /// Asks for the attributes, that of `instance` when it is a label (`enable_instance_label`).
    pub(super) fn compile(instance_label: bool, keys: &mut AskedKeys) -> Self {
        Self {
            namespace: keys.resource("service.namespace"),
            instance: instance_label.then(|| keys.resource("service.instance.id")),
        }
    }

    /// The target of a resource whose `service.name` is `service` (SPEC §1).
    pub(super) fn identify(
        &self,
        service: Option<Found<'_>>,
        resource: &AttributeSlots<'_>,
        texts: &mut BatchTexts,
    ) -> Result<TargetIdentity, TextFailure> {
        let mut job = texts.insert_if_found(service)?.or_absent();
        if job.is_present() {
            let parts = [resource.find_of_resource(self.namespace), service];
            job = texts.insert_joined(parts.into_iter().flatten(), "/")?;
        }
        let instance = self.instance.and_then(|slot| resource.find_of_resource(slot));
        let instance = texts.insert_if_found(instance)?.or_absent();
        Ok(TargetIdentity { job, instance })
    }
}
