//! Makes target info of resources whose spans count (SPEC §3, `traces_target_info`).

use foldhash::fast::RandomState;
use hashbrown::HashSet;
use spangraph_proto::otlp::{AnyValue, KeyValue, ResourceSpans};
use spangraph_proto::wire::DecodeError;

use super::identity::TargetIdentity;
use crate::batches::{TargetInfo, TextError, TextId};
use crate::ingest::attribute_keys::{AskedKeys, AttributeKeys};
use crate::ingest::batch_texts::{BatchTexts, TextFailure, usable};
use crate::label_names::sanitised_bytes;

/// What `job` and `instance` are made of.
const IDENTITY_KEYS: [&str; 3] = ["service.name", "service.namespace", "service.instance.id"];

/// Names that span metrics have for labels of their own, whether they are on or not.
const RESERVED_NAMES: [&[u8]; 7] = [
    b"service",
    b"span_name",
    b"span_kind",
    b"status_code",
    b"status_message",
    b"job",
    b"instance",
];

/// A resource with more distinct attributes, those left out aside, is no target: no store takes that many labels.
pub(super) const MOST_ATTRIBUTES: usize = 512;

/// Which attributes are no labels.
#[derive(Debug)]
pub(super) struct TargetPlan {
    excluded: AttributeKeys,
}

/// The targets of a request so far.
#[derive(Debug)]
pub(super) struct Targets<'p, 'r> {
    plan: Option<&'p TargetPlan>,
    /// The resource that the walk is in has had no span yet that counts.
    pending: bool,
    seen: HashSet<&'r [u8], RandomState>,
    name: Vec<u8>,
    targets: Vec<TargetInfo>,
    labels: Vec<(TextId, TextId)>,
    dropped: u64,
}

/// Whether all labels of a target were added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Added {
    All,
    TooMany,
}

impl TargetPlan {
    /// Leaves out the attributes in `excluded`.
    pub(super) fn compile(excluded: &[String]) -> Self {
        let keys = &mut AskedKeys::default();
        let excluded = excluded.iter().map(String::as_str);
        excluded
            .chain(IDENTITY_KEYS)
            .for_each(|key| _ = keys.resource(key));
        let (excluded, _) = std::mem::take(keys).into_tables();
        Self { excluded }
    }

    /// SPEC §3: not the excluded ones, no empty keys and none that start with a digit.
    fn is_label(&self, key: &[u8]) -> bool {
        key.first().is_some_and(|first| !first.is_ascii_digit()) && self.excluded.find(key).is_none()
    }
}

impl<'p, 'r> Targets<'p, 'r> {
    /// No targets yet; none are made without a `plan`.
    pub(super) fn new(plan: Option<&'p TargetPlan>) -> Self {
        Self {
            plan,
            pending: false,
            seen: HashSet::default(),
            name: Vec::new(),
            targets: Vec::new(),
            labels: Vec::new(),
            dropped: 0,
        }
    }

    /// Moves on to the next resource.
    pub(super) fn enter_resource(&mut self) {
        self.pending = self.plan.is_some();
    }

    /// Makes the target of the resource of `group` when this is its first span that counts.
    #[inline]
    pub(super) fn take_span(
        &mut self,
        group: Option<ResourceSpans<'r>>,
        identity: TargetIdentity,
        texts: &mut BatchTexts,
    ) -> Result<(), DecodeError> {
        match (self.plan, group) {
            (Some(plan), Some(group)) if std::mem::take(&mut self.pending) => {
                self.take_target(plan, group, identity, texts)
            }
            _ => Ok(()),
        }
    }

    /// How many targets had a label that is no text, or too many.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The targets in the order of their first spans, and the labels of all.
    pub(super) fn into_targets(self) -> (Vec<TargetInfo>, Vec<(TextId, TextId)>) {
        (self.targets, self.labels)
    }

    fn take_target(
        &mut self,
        plan: &TargetPlan,
        group: ResourceSpans<'r>,
        identity: TargetIdentity,
        texts: &mut BatchTexts,
    ) -> Result<(), DecodeError> {
        if !identity.job.is_present() && !identity.instance.is_present() {
            return Ok(());
        }
        let start = self.labels.len();
        let added = usable(self.add_labels(plan, group, texts))?;
        if added == Ok(Added::All) && self.labels.len() == start {
            return Ok(());
        }
        let is_whole = added == Ok(Added::All) && self.finish(identity, texts).is_ok();
        if !is_whole {
            self.labels.truncate(start);
            self.dropped += 1;
        }
        Ok(())
    }

    fn add_labels(
        &mut self,
        plan: &TargetPlan,
        group: ResourceSpans<'r>,
        texts: &mut BatchTexts,
    ) -> Result<Added, TextFailure> {
        self.seen.clear();
        for attribute in group.attributes() {
            let attribute = KeyValue::decode(attribute?)?;
            // The first of a repeated key counts (SPEC §1).
            if !plan.is_label(attribute.key) || !self.seen.insert(attribute.key) {
                continue;
            }
            if self.seen.len() > MOST_ATTRIBUTES {
                return Ok(Added::TooMany);
            }
            let value = texts.insert(AnyValue::decode(attribute.value)?)?;
            if value.is_non_empty() {
                write_label_name(attribute.key, texts.limits().name_bytes, &mut self.name)?;
                let name = texts.insert(AnyValue::String(&self.name))?;
                self.labels.push((name, value));
            }
        }
        Ok(Added::All)
    }

    fn finish(&mut self, identity: TargetIdentity, texts: &mut BatchTexts) -> Result<(), TextError> {
        for (name, value) in [("job", identity.job), ("instance", identity.instance)] {
            if value.is_present() {
                self.labels.push((texts.insert_text(name)?, value));
            }
        }
        let labels_end = u32::try_from(self.labels.len()).map_err(|_| TextError::Full)?;
        self.targets.push(TargetInfo { labels_end });
        Ok(())
    }
}

/// Writes the label's name: every character that label names cannot have as `_`, and `__` before a reserved one; no
/// more than so many bytes of it.
fn write_label_name(key: &[u8], most_bytes: usize, name: &mut Vec<u8>) -> Result<(), TextError> {
    let key = std::str::from_utf8(key).map_err(|_| TextError::InvalidUtf8)?;
    name.clear();
    name.extend(sanitised_bytes(key).take(most_bytes));
    if RESERVED_NAMES.contains(&name.as_slice()) {
        name.splice(0..0, *b"__");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_valid_and_reserved_ones_get_two_underscores() {
        for (key, expected) in [
            ("k8s.pod.name", "k8s_pod_name"),
            ("größe", "gr__e"),
            ("job", "__job"),
            ("span.name", "__span_name"),
            ("status_message", "__status_message"),
            ("jobs", "jobs"),
        ] {
            let mut name = b"before".to_vec();
            write_label_name(key.as_bytes(), 100, &mut name).unwrap();
            assert_eq!(name, expected.as_bytes(), "{key}");
        }
        assert_eq!(
            write_label_name(&[0xff], 100, &mut Vec::new()),
            Err(TextError::InvalidUtf8)
        );
    }
}
