//! The label values of a span, in the order that the aggregator expects.

use spangraph_config::{IntrinsicDimensions, SpanMetricsSettings};
use spangraph_proto::otlp::{AnyValue, Span};
use spangraph_proto::wire::DecodeError;

use super::attribute_label::AttributeLabel;
use super::identity::{TargetIdentity, TargetSlots};
use crate::batches::{FIXED_SPAN_LABELS, TextError, TextId};
use crate::ingest::attribute_keys::{AskedKeys, Slot};
use crate::ingest::attribute_slots::{AttributeSlots, Attributes};
use crate::ingest::batch_texts::{BatchTexts, TextFailure, usable};

/// Name, kind, status code and status message.
const SPAN_INTRINSICS: usize = 4;
/// `SPAN_KIND_UNSPECIFIED` to `SPAN_KIND_CONSUMER`.
const KINDS: usize = 6;
/// `STATUS_CODE_UNSET` to `STATUS_CODE_ERROR`.
const STATUSES: usize = 3;

/// Where label values come from.
#[derive(Debug)]
pub(super) struct LabelPlan {
    intrinsics: IntrinsicDimensions,
    service_name: Slot,
    /// Dimensions, then mappings.
    attributes: Vec<AttributeLabel>,
    target: Option<TargetSlots>,
}

/// The label values of the span and the resource that the walk is at; the memory is used again for the next ones.
#[derive(Debug)]
pub(super) struct SpanLabels<'p> {
    plan: &'p LabelPlan,
    identity: TargetIdentity,
    /// The dimensions and mappings that the resource alone decides; absent where it does not.
    of_resource: Vec<TextId>,
    /// Why no span of the resource can be counted.
    unusable: Option<TextError>,
    /// Of a span's labels those that it shares with its whole resource stand here already.
    labels: Vec<TextId>,
    /// The texts of enumerations by their numbers; absent until they are met.
    kinds: [TextId; KINDS],
    statuses: [TextId; STATUSES],
}

impl LabelPlan {
    /// Asks for the attributes that `settings` name.
    pub(super) fn compile(settings: &SpanMetricsSettings, keys: &mut AskedKeys) -> Self {
        let service_name = keys.resource("service.name");
        let dimensions = settings.dimensions.iter();
        let mut attributes: Vec<_> = dimensions
            .map(|key| AttributeLabel::dimension(key, keys))
            .collect();
        let mappings = settings.dimension_mappings.iter();
        attributes.extend(mappings.map(|mapping| AttributeLabel::mapping(mapping, keys)));
        let target = settings
            .enable_target_info
            .then(|| TargetSlots::compile(settings.enable_instance_label, keys));
        Self {
            intrinsics: settings.intrinsic_dimensions,
            service_name,
            attributes,
            target,
        }
    }

    /// How many values a label set has.
    pub(super) fn width(&self) -> usize {
        FIXED_SPAN_LABELS + self.attributes.len()
    }
}

impl<'p> SpanLabels<'p> {
    /// No labels yet.
    pub(super) fn new(plan: &'p LabelPlan) -> Self {
        Self {
            plan,
            identity: TargetIdentity::NONE,
            of_resource: Vec::with_capacity(plan.attributes.len()),
            unusable: None,
            labels: vec![TextId::ABSENT; plan.width()],
            kinds: [TextId::ABSENT; KINDS],
            statuses: [TextId::ABSENT; STATUSES],
        }
    }

    /// Moves on to the resource with these attributes.
    pub(super) fn enter_resource(
        &mut self,
        resource: &AttributeSlots<'_>,
        texts: &mut BatchTexts,
    ) -> Result<(), DecodeError> {
        self.unusable = usable(self.read_resource(resource, texts))?.err();
        Ok(())
    }

    /// The labels that name the resource's target.
    pub(super) fn identity(&self) -> TargetIdentity {
        self.identity
    }

    /// The label values of a span, absent where they are off or empty: an empty value is no label (SPEC §7), and
    /// one way to say so makes equal label sets equal.
    #[inline]
    pub(super) fn read_span(
        &mut self,
        span: &Span<'_>,
        attributes: Attributes<'_, '_>,
        texts: &mut BatchTexts,
    ) -> Result<&[TextId], TextFailure> {
        if let Some(error) = self.unusable {
            return Err(error.into());
        }
        let intrinsics = self.read_intrinsics(span, texts)?;
        if let [_, own @ .., _, _] = self.labels.as_mut_slice() {
            let labels = self.of_resource.iter().zip(&self.plan.attributes);
            let (own_intrinsics, own_attributes) = own.split_at_mut(intrinsics.len().min(own.len()));
            own_intrinsics.copy_from_slice(&intrinsics);
            for (label, (of_resource, plan)) in own_attributes.iter_mut().zip(labels) {
                if !of_resource.is_present() {
                    *label = plan.read_span(attributes, texts)?.or_absent();
                }
            }
        }
        Ok(&self.labels)
    }

    fn read_resource(
        &mut self,
        resource: &AttributeSlots<'_>,
        texts: &mut BatchTexts,
    ) -> Result<(), TextFailure> {
        let plan = self.plan;
        self.of_resource.clear();
        self.identity = TargetIdentity::NONE;
        let service = resource.find_of_resource(plan.service_name);
        let service_label = service.filter(|_| plan.intrinsics.service);
        let service_label = texts.insert_if_found(service_label)?;
        if let Some(target) = &plan.target {
            self.identity = target.identify(service, resource, texts)?;
        }
        for label in &plan.attributes {
            self.of_resource.push(label.read_resource(resource, texts)?);
        }
        self.labels.clear();
        self.labels.push(service_label);
        self.labels.extend([TextId::ABSENT; SPAN_INTRINSICS]);
        self.labels.extend_from_slice(&self.of_resource);
        self.labels.extend([self.identity.job, self.identity.instance]);
        self.labels
            .iter_mut()
            .for_each(|label| *label = label.or_absent());
        Ok(())
    }

    /// The labels between the service and the dimensions, absent where they are off or empty.
    #[inline]
    fn read_intrinsics(
        &mut self,
        span: &Span<'_>,
        texts: &mut BatchTexts,
    ) -> Result<[TextId; SPAN_INTRINSICS], TextFailure> {
        let on = &self.plan.intrinsics;
        let text = |on: bool, text| on.then_some(AnyValue::String(text));
        let name = texts.insert_if_present(text(on.span_name, span.name))?;
        let (mut kind, mut status) = (TextId::ABSENT, TextId::ABSENT);
        if on.span_kind {
            kind = enumeration(&mut self.kinds, span.kind, || span.kind_name(), texts)?;
        }
        if on.status_code {
            let name = || span.status_name();
            status = enumeration(&mut self.statuses, span.status_code, name, texts)?;
        }
        let message = texts.insert_if_present(text(on.status_message, span.status_message))?;
        Ok([name.or_absent(), kind, status, message.or_absent()])
    }
}

/// The name of an enumeration value, or its number when it has none (SPEC §3); `known` spares a look-up.
fn enumeration(
    known: &mut [TextId],
    number: i32,
    name: impl FnOnce() -> Option<&'static str>,
    texts: &mut BatchTexts,
) -> Result<TextId, TextFailure> {
    let place = usize::try_from(number)
        .ok()
        .and_then(|index| known.get_mut(index));
    if let Some(text) = place.as_deref().filter(|text| text.is_present()) {
        return Ok(*text);
    }
    let text = match name() {
        Some(name) => texts.insert_text(name)?,
        None => texts.insert(AnyValue::Int(number.into()))?,
    };
    if let Some(place) = place {
        *place = text;
    }
    Ok(text)
}
