//! A request of a round: its bytes, to be stamped with new ids, and the spans in it.

use std::sync::Arc;

use super::model::{SpanSet, SpanSums};
use super::template::Template;

/// A request and the spans in it.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) template: Template,
    pub(super) is_late: bool,
    /// The spans by label set of span metrics.
    pub(super) span_sets: Vec<(Arc<SpanSet>, SpanSums)>,
}
