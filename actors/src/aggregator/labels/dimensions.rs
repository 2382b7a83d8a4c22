//! The labels that a tenant's settings ask for, and which setting asks for each.

/// A label that the operator can take out again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dimension {
    /// Where its values stand in a key.
    pub place: usize,
    /// The attribute or the mapping, as the settings name it.
    pub configured: String,
    /// The setting that names it.
    pub setting: DimensionSetting,
}

/// A setting that makes labels of attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DimensionSetting {
    /// `dimensions` of service graphs.
    ServiceGraphs,
    /// `dimensions` of span metrics.
    SpanMetrics,
    /// `dimension_mappings` of span metrics.
    SpanMetricsMapping,
}

/// The dimensions of `setting`, the first one at `place`.
pub fn dimensions<'n>(
    place: usize,
    setting: DimensionSetting,
    names: impl Iterator<Item = &'n String>,
) -> impl Iterator<Item = Dimension> {
    (place..).zip(names).map(move |(place, name)| Dimension {
        place,
        configured: name.clone(),
        setting,
    })
}
