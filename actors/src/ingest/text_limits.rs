//! How much text a request may make: in each label, and in all.

use spangraph_config::TenantSettings;

use crate::aggregator::MOST_NAME_BYTES;

/// Where texts are cut whose limit is 0, none: no store takes labels as long as that.
const UNLIMITED_BYTES: usize = 16 * 1024;

/// Names of labels are compared with those that are reserved, all of which are shorter.
const LEAST_NAME_BYTES: usize = 64;

/// A character has at most so many bytes.
const CHARACTER_BYTES: usize = 4;

/// Distinct texts may have so many bytes for each byte of their request. They are a part of it as a rule; only numbers
/// grow, up to 30 times, when each of them is as small as a double can be.
const GROWTH: usize = 4;

/// Small requests have so much room besides.
const LEAST_ROOM: usize = 64 * 1024;

/// The bounds of one tenant's texts.
#[derive(Clone, Copy, Debug)]
pub(super) struct TextLimits {
    /// Behind so many bytes of a value nothing decides any more: neither its label, nor how its name is clustered.
    pub(super) decisive_bytes: usize,
    /// The most bytes that are kept of a label's name.
    pub(super) name_bytes: usize,
    growth: usize,
}

impl TextLimits {
    /// The bounds that `settings` ask for (`max_label_value_length`, `max_label_name_length`).
    ///
    /// A lower limit than that of names that are clustered cuts only what is written: who calls whom, patterns and
    /// estimates go by longer texts.
    pub(super) fn compile(settings: &TenantSettings) -> Self {
        let registry = &settings.registry;
        let limit = |bytes: usize| if bytes == 0 { UNLIMITED_BYTES } else { bytes };
        Self {
            decisive_bytes: limit(registry.max_label_value_length).max(MOST_NAME_BYTES + 1),
            name_bytes: limit(registry.max_label_name_length).max(LEAST_NAME_BYTES),
            growth: GROWTH + settings.span_metrics.dimension_mappings.len(),
        }
    }

    /// Values are cut here: far enough behind what decides that a character which the cut splits does not.
    pub(super) fn cut_bytes(&self) -> usize {
        self.decisive_bytes + CHARACTER_BYTES
    }

    /// The most bytes that the distinct texts of a request of so many bytes may have.
    pub(super) fn room(&self, request_bytes: usize) -> usize {
        request_bytes
            .saturating_mul(self.growth)
            .saturating_add(LEAST_ROOM)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(value: usize, name: usize) -> TextLimits {
        let mut settings = TenantSettings::default();
        settings.registry.max_label_value_length = value;
        settings.registry.max_label_name_length = name;
        TextLimits::compile(&settings)
    }

    #[test]
    fn texts_are_cut_behind_their_limit_and_behind_what_decides() {
        assert_eq!(limits(2048, 1024).decisive_bytes, 2049);
        assert_eq!(limits(8, 8).decisive_bytes, 2049);
        assert_eq!(limits(100_000, 1024).decisive_bytes, 100_000);
        assert_eq!(limits(0, 0).decisive_bytes, 16_384);
        assert_eq!(
            [limits(8, 0), limits(8, 8), limits(8, 1024)].map(|limits| limits.name_bytes),
            [16_384, 64, 1024]
        );
    }
}
